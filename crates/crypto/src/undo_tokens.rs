use doorward_kernel::{ChangeId, Secret};
use doorward_user::UndoTokens;

use crate::{Keyring, signed::Signed};

/// Lets people and secret scanners see what leaked.
const PREFIX: &str = "un_";

impl UndoTokens for Keyring {
    fn undo_token(&self, id: ChangeId) -> Secret<String> {
        let token = Signed::new(&self.current().undo, id.to_bytes(), b"").to_text();
        Secret::new(format!("{PREFIX}{token}"))
    }

    fn open_undo_token(&self, token: &str) -> Option<ChangeId> {
        let signed = Signed::parse(token.strip_prefix(PREFIX)?)?;
        self.find(|keys| signed.open(&keys.undo, b"")).map(ChangeId::from_bytes)
    }
}

#[cfg(test)]
mod tests {
    use doorward_kernel::ChallengeId;
    use doorward_otp::FlowKeys;

    use super::*;
    use crate::fixtures::{Fixture, epoch};

    #[test]
    fn a_token_undoes_its_own_change_and_no_flow_token_does() {
        let keyring = Fixture::new(vec![epoch(1, 0)]).keyring;
        let id = ChangeId::from_bytes([7; 16]);
        let token = keyring.undo_token(id);

        assert_eq!(keyring.open_undo_token(token.reveal()), Some(id));
        let flow = keyring.seal(ChallengeId::from_bytes([7; 16]));
        for other in [format!("un_{flow}"), token.reveal().replace("un_", ""), format!("{}A", token.reveal())] {
            assert_eq!(keyring.open_undo_token(&other), None, "{other}");
        }
    }
}
