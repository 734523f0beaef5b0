use doorward_kernel::{ChallengeId, EpochId, Secret};
use doorward_otp::{FlowKeys, Purpose};

use crate::{Keyring, signed::Signed};

impl FlowKeys for Keyring {
    fn current_epoch(&self) -> EpochId {
        self.current().epoch.id
    }

    fn challenge_key(
        &self,
        epoch: EpochId,
        id: ChallengeId,
        purpose: Purpose,
        target: &str,
    ) -> Option<Secret<Vec<u8>>> {
        let keys = self.accepted(epoch)?;
        let (id, purpose, target) = (id.to_bytes(), purpose.as_str().as_bytes(), target.as_bytes());
        let key = keys.otp.sign(&[&length(&id), &id, &length(purpose), purpose, &length(target), target]);
        Some(Secret::new(key.as_ref().to_vec()))
    }

    fn seal(&self, id: ChallengeId) -> String {
        Signed::new(&self.current().flow, id.to_bytes(), b"").to_text()
    }

    fn open(&self, token: &str) -> Option<ChallengeId> {
        let signed = Signed::parse(token)?;
        self.find(|keys| signed.open(&keys.flow, b"")).map(ChallengeId::from_bytes)
    }
}

/// Parts are told apart by their lengths: moving a byte from one to the next gives another key.
fn length(part: &[u8]) -> [u8; 8] {
    (part.len() as u64).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Fixture, OTHER_ROOT, epoch, retired, settings, with_one_character_changed};

    const ID: ChallengeId = ChallengeId::from_bytes([7; 16]);

    fn key(fixture: &Fixture, epoch: i32, id: ChallengeId, purpose: Purpose, target: &str) -> Option<Vec<u8>> {
        fixture.keyring.challenge_key(EpochId(epoch), id, purpose, target).map(|key| key.reveal().clone())
    }

    #[test]
    fn nodes_with_the_same_root_and_epochs_agree() {
        let (first, second) = (Fixture::new(vec![epoch(1, 0)]), Fixture::new(vec![epoch(2, 9), epoch(1, 0)]));

        let key = |fixture| key(fixture, 1, ID, Purpose::Login, "+14155552671").unwrap();

        assert_eq!(key(&first), key(&second));
    }

    #[test]
    fn every_input_changes_the_key() {
        let fixture = Fixture::new(vec![epoch(1, 0), epoch(2, 0)]);
        let stranger = Fixture::with(OTHER_ROOT, vec![epoch(1, 0)], settings()).unwrap();

        let keys = [
            key(&fixture, 1, ID, Purpose::Login, "a"),
            key(&fixture, 2, ID, Purpose::Login, "a"),
            key(&fixture, 1, ChallengeId::from_bytes([2; 16]), Purpose::Login, "a"),
            key(&fixture, 1, ID, Purpose::Register, "a"),
            key(&fixture, 1, ID, Purpose::Login, "b"),
            key(&stranger, 1, ID, Purpose::Login, "a"),
        ];

        let distinct: std::collections::HashSet<_> = keys.iter().flatten().collect();
        assert_eq!(distinct.len(), keys.len());
    }

    #[test]
    fn unknown_and_retired_epochs_have_no_keys() {
        let fixture = Fixture::new(vec![retired(1, 100), epoch(2, 0)]);

        fixture.clock.set(99);
        assert!(key(&fixture, 1, ID, Purpose::Login, "a").is_some());
        fixture.clock.set(100);
        assert_eq!(key(&fixture, 1, ID, Purpose::Login, "a"), None);
        assert_eq!(key(&fixture, 3, ID, Purpose::Login, "a"), None);
    }

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
