use doorward_kernel::ChallengeId;
use doorward_otp::FlowTokens;

use crate::{Keyring, signed::Signed};

impl FlowTokens for Keyring {
    fn seal(&self, id: ChallengeId) -> String {
        Signed::new(&self.current().flow, id.to_bytes(), b"").to_text()
    }

    fn open(&self, token: &str) -> Option<ChallengeId> {
        let signed = Signed::parse(token)?;
        self.find(|keys| signed.open(&keys.flow, b"")).map(ChallengeId::from_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Fixture, OTHER_ROOT, epoch, retired, settings, with_one_character_changed};

    const ID: ChallengeId = ChallengeId::from_bytes([7; 16]);

    #[test]
    fn a_token_opens_to_its_challenge() {
        let fixture = Fixture::new(vec![epoch(1, 0)]);

        let token = fixture.keyring.seal(ID);

        assert_eq!(token.len(), 43);
        assert_eq!(fixture.keyring.open(&token), Some(ID));
    }

    #[test]
    fn no_other_spelling_of_a_token_opens() {
        let fixture = Fixture::new(vec![epoch(1, 0)]);
        let token = fixture.keyring.seal(ID);

        for changed in with_one_character_changed(&token) {
            assert_eq!(fixture.keyring.open(&changed), None, "{changed}");
        }
        for other in [format!("{token}="), format!(" {token}"), token[..42].to_owned(), String::new()] {
            assert_eq!(fixture.keyring.open(&other), None, "{other}");
        }
    }

    #[test]
    fn tokens_of_every_epoch_open_until_it_is_retired() {
        let ahead = Fixture::new(vec![retired(1, 0), epoch(2, 50)]);
        ahead.clock.set(60);
        let behind = Fixture::new(vec![retired(1, 100), epoch(2, 50)]);

        assert_eq!(behind.keyring.open(&ahead.keyring.seal(ID)), Some(ID));

        let old = behind.keyring.seal(ID);
        behind.clock.set(99);
        assert_eq!(behind.keyring.open(&old), Some(ID));
        behind.clock.set(100);
        assert_eq!(behind.keyring.open(&old), None);
    }

    #[test]
    fn another_root_opens_nothing() {
        let (ours, theirs) =
            (Fixture::new(vec![epoch(1, 0)]), Fixture::with(OTHER_ROOT, vec![epoch(1, 0)], settings()).unwrap());

        assert_eq!(theirs.keyring.open(&ours.keyring.seal(ID)), None);
    }
}
