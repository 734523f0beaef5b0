use doorward_kernel::{DeviceGeneration, DeviceOwner, Secret, SessionId};
use doorward_session::{Generation, SessionTokens};

use crate::{Keyring, signed::Signed};

/// Prefixes let people and secret scanners see what leaked.
const REFRESH_PREFIX: &str = "rt_";
const DEVICE_PREFIX: &str = "dt_";

impl SessionTokens for Keyring {
    fn refresh_token(&self, session: SessionId, generation: Generation) -> Secret<String> {
        let token = Signed::new(&self.current().refresh, payload(session, generation), b"").to_text();
        Secret::new(format!("{REFRESH_PREFIX}{token}"))
    }

    fn open_refresh_token(&self, token: &str) -> Option<(SessionId, Generation)> {
        let signed = Signed::<20>::parse(token.strip_prefix(REFRESH_PREFIX)?)?;
        self.find(|keys| signed.open(&keys.refresh, b"")).and_then(parts)
    }

    fn cookie(&self, session: SessionId, generation: Generation) -> Secret<String> {
        let mac = &self.current().cookie;
        // The first generation goes without saying, as in the cookies of before they had one.
        Secret::new(match generation {
            Generation(0) => Signed::new(mac, session.to_bytes(), b"").to_text(),
            later => Signed::new(mac, payload(session, later), b"").to_text(),
        })
    }

    fn open_cookie(&self, value: &str) -> Option<(SessionId, Generation)> {
        if let Some(signed) = Signed::<16>::parse(value) {
            let session = self.find(|keys| signed.open(&keys.cookie, b""))?;
            return Some((SessionId::from_bytes(session), Generation(0)));
        }
        let signed = Signed::<20>::parse(value)?;
        // One cookie has one spelling.
        self.find(|keys| signed.open(&keys.cookie, b"")).and_then(parts).filter(|(_, generation)| generation.0 > 0)
    }

    fn device_token(&self, owner: DeviceOwner) -> Secret<String> {
        let mut serial = [0; 16];
        self.random.fill(&mut serial);
        let token = Signed::new(&self.current().device, serial, &bound_to(owner)).to_text();
        Secret::new(format!("{DEVICE_PREFIX}{token}"))
    }

    fn is_known_device(&self, token: &str, owner: DeviceOwner) -> bool {
        let signed = token.strip_prefix(DEVICE_PREFIX).and_then(Signed::<16>::parse);
        signed.is_some_and(|signed| self.find(|keys| signed.open(&keys.device, &bound_to(owner))).is_some())
    }
}

fn payload(session: SessionId, generation: Generation) -> [u8; 20] {
    let mut payload = [0; 20];
    let (id, count) = payload.split_at_mut(16);
    id.copy_from_slice(&session.to_bytes());
    count.copy_from_slice(&generation.0.to_be_bytes());
    payload
}

fn parts(payload: [u8; 20]) -> Option<(SessionId, Generation)> {
    let (id, count) = payload.split_first_chunk()?;
    Some((SessionId::from_bytes(*id), Generation(u32::from_be_bytes(count.try_into().ok()?))))
}

/// Returns the bytes a device token is bound to. The first generation adds none: its tokens are older than the count.
fn bound_to(DeviceOwner { user, generation }: DeviceOwner) -> Vec<u8> {
    let counted =
        if generation == DeviceGeneration::default() { Vec::new() } else { generation.0.to_be_bytes().into() };
    [user.to_bytes().to_vec(), counted].concat()
}

#[cfg(test)]
mod tests {
    use doorward_kernel::{ChallengeId, UserId};
    use doorward_otp::FlowKeys;

    use super::*;
    use crate::fixtures::{Fixture, OTHER_ROOT, epoch, retired, settings, with_one_character_changed};

    const SESSION: SessionId = SessionId::from_bytes([5; 16]);
    const OWNER: DeviceOwner = DeviceOwner { user: UserId::from_bytes([6; 16]), generation: DeviceGeneration(0) };

    fn fixture() -> Fixture {
        Fixture::new(vec![epoch(1, 0)])
    }

    #[test]
    fn refresh_tokens_carry_session_and_generation() {
        let keyring = fixture().keyring;

        for generation in [0, 1, 255, 256, u32::MAX].map(Generation) {
            let token = keyring.refresh_token(SESSION, generation);
            assert!(token.reveal().starts_with("rt_"));
            assert_eq!(keyring.open_refresh_token(token.reveal()), Some((SESSION, generation)));
        }
    }

    #[test]
    fn a_refresh_token_is_the_same_each_time_it_is_made() {
        let (first, second) = (fixture().keyring, fixture().keyring);

        let token = |keyring: &Keyring| keyring.refresh_token(SESSION, Generation(3)).reveal().clone();

        assert_eq!(token(&first), token(&second));
        assert_eq!(token(&first), token(&first));
    }

    #[test]
    fn cookies_carry_session_and_generation() {
        let keyring = fixture().keyring;

        for (generation, length) in [(0, 43), (1, 48), (255, 48), (u32::MAX, 48)] {
            let cookie = keyring.cookie(SESSION, Generation(generation));
            assert_eq!(cookie.reveal().len(), length);
            assert_eq!(keyring.open_cookie(cookie.reveal()), Some((SESSION, Generation(generation))));
        }
    }

    #[test]
    fn device_tokens_are_unique_and_know_their_user() {
        let keyring = fixture().keyring;

        let (first, second) = (keyring.device_token(OWNER), keyring.device_token(OWNER));

        assert_ne!(first.reveal(), second.reveal());
        assert!(keyring.is_known_device(first.reveal(), OWNER) && keyring.is_known_device(second.reveal(), OWNER));
        let other = DeviceOwner { user: UserId::from_bytes([7; 16]), ..OWNER };
        assert!(!keyring.is_known_device(first.reveal(), other));
    }

    #[test]
    fn a_device_token_is_good_in_its_own_generation_only() {
        let keyring = fixture().keyring;

        for generation in [0, 1, 256] {
            let owner = DeviceOwner { generation: DeviceGeneration(generation), ..OWNER };
            let later = DeviceOwner { generation: DeviceGeneration(generation + 1), ..OWNER };
            let token = keyring.device_token(owner);
            assert!(keyring.is_known_device(token.reveal(), owner));
            assert!(!keyring.is_known_device(token.reveal(), later));
        }
    }

    #[test]
    fn no_other_spelling_of_a_token_opens() {
        let keyring = fixture().keyring;
        let refresh = keyring.refresh_token(SESSION, Generation(1));
        let (cookie, device) = (keyring.cookie(SESSION, Generation(2)), keyring.device_token(OWNER));

        assert!(with_one_character_changed(refresh.reveal()).all(|token| keyring.open_refresh_token(&token).is_none()));
        assert!(with_one_character_changed(cookie.reveal()).all(|token| keyring.open_cookie(&token).is_none()));
        assert!(with_one_character_changed(device.reveal()).all(|token| !keyring.is_known_device(&token, OWNER)));
    }

    #[test]
    fn no_token_passes_for_one_of_another_kind() {
        let keyring = fixture().keyring;
        let (cookie, device) = (keyring.cookie(SESSION, Generation(2)), keyring.device_token(OWNER));
        let refresh = keyring.refresh_token(SESSION, Generation(1));
        let flow = keyring.seal(ChallengeId::from_bytes(SESSION.to_bytes()));

        for bare in [cookie.reveal().as_str(), flow.as_str(), &device.reveal()[3..], &refresh.reveal()[3..]] {
            let as_cookie = keyring.open_cookie(bare).is_some();
            let as_flow = keyring.open(bare).is_some();
            assert_eq!(as_cookie, bare == cookie.reveal(), "{bare}");
            assert_eq!(as_flow, bare == flow, "{bare}");
            assert_eq!(keyring.open_refresh_token(bare), None, "{bare}");
            assert_eq!(keyring.open_refresh_token(&format!("rt_{bare}")).is_some(), bare == &refresh.reveal()[3..]);
            assert!(!keyring.is_known_device(bare, OWNER), "{bare}");
            assert_eq!(keyring.is_known_device(&format!("dt_{bare}"), OWNER), bare == &device.reveal()[3..]);
        }
    }

    #[test]
    fn retired_epochs_and_other_roots_open_nothing() {
        let ours = Fixture::new(vec![retired(1, 100), epoch(2, 50)]);
        let theirs = Fixture::with(OTHER_ROOT, vec![epoch(1, 0)], settings()).unwrap();
        let cookie = ours.keyring.cookie(SESSION, Generation(2));
        let refresh = ours.keyring.refresh_token(SESSION, Generation(1));
        let device = ours.keyring.device_token(OWNER);

        ours.clock.set(100);

        for keyring in [ours.keyring, theirs.keyring] {
            assert_eq!(keyring.open_cookie(cookie.reveal()), None);
            assert_eq!(keyring.open_refresh_token(refresh.reveal()), None);
            assert!(!keyring.is_known_device(device.reveal(), OWNER));
        }
    }
}
