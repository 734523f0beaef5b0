use doorward_crypto::RootSecret;

use super::text::{REDACTED, Text};

impl Text for RootSecret {
    const FORM: &'static str = "at least 32 random bytes as base64 or hex; `openssl rand -base64 32` makes them";

    fn parse(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }

    fn show(&self) -> String {
        REDACTED.to_owned()
    }
}
