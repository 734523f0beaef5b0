use doorward_kernel::MessageId;
use doorward_notifier::ReportTokens;

use crate::{Keyring, signed::Signed};

impl ReportTokens for Keyring {
    fn report_token(&self, id: MessageId) -> String {
        Signed::new(&self.current().report, id.to_bytes(), b"").to_text()
    }

    fn open_report_token(&self, token: &str) -> Option<MessageId> {
        let signed = Signed::parse(token)?;
        self.find(|keys| signed.open(&keys.report, b"")).map(MessageId::from_bytes)
    }
}

#[cfg(test)]
mod tests {
    use doorward_kernel::ChallengeId;
    use doorward_otp::FlowKeys;

    use super::*;
    use crate::fixtures::{Fixture, epoch, with_one_character_changed};

    #[test]
    fn a_token_names_its_own_message_and_no_flow_token_does() {
        let keyring = Fixture::new(vec![epoch(1, 0)]).keyring;
        let id = MessageId::from_bytes([7; 16]);
        let token = keyring.report_token(id);

        assert_eq!(keyring.open_report_token(&token), Some(id));
        assert_eq!(keyring.open_report_token(&keyring.seal(ChallengeId::from_bytes([7; 16]))), None);
        for changed in with_one_character_changed(&token) {
            assert_eq!(keyring.open_report_token(&changed), None, "{changed}");
        }
    }
}
