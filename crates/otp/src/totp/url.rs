use crate::totp::time_step::PERIOD;

/// The address of a key, in the form that authenticator apps agree on.
///
/// A colon parts issuer and account, so neither may hold one.
pub(super) fn otpauth(issuer: &str, account: &str, secret: &str) -> String {
    let [issuer, account] = [issuer, account].map(|text| percent_encode(&text.replace(':', "")));
    format!("otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period={PERIOD}")
}

/// Escapes all but the unreserved characters (RFC 3986, section 2.3); some apps read `+` as a plus.
fn percent_encode(text: &str) -> String {
    let escaped = |byte: u8| {
        let is_plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if is_plain { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_finds_the_issuer_the_account_and_the_secret() {
        assert_eq!(
            otpauth("Doorward", "ada@example.com", "GEZDGNBV"),
            "otpauth://totp/Doorward:ada%40example.com?secret=GEZDGNBV&issuer=Doorward&algorithm=SHA1&digits=6&period=30"
        );
    }

    #[test]
    fn no_name_can_add_a_parameter_or_move_the_colon() {
        let url = otpauth("A: é&B", "x?secret=AA#/%", "GEZDGNBV");

        assert_eq!(
            url,
            "otpauth://totp/A%20%C3%A9%26B:x%3Fsecret%3DAA%23%2F%25?secret=GEZDGNBV&issuer=A%20%C3%A9%26B&algorithm=SHA1&digits=6&period=30"
        );
    }
}
