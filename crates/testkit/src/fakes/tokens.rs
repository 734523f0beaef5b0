use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward_kernel::{ChallengeId, ChangeId, DeviceOwner, Secret, SessionId, Timestamp, UserId};
use doorward_otp::FlowTokens;
use doorward_session::{
    AccessClaims, Assurance, Generation, JsonWebKey, Methods, SessionTokens, SignError, TokenSigner,
};
use doorward_user::UndoTokens;

use super::{
    TestKeys,
    tag::{halves, tag},
};

impl FlowTokens for TestKeys {
    fn seal(&self, id: ChallengeId) -> String {
        seal("flow", id.to_bytes())
    }

    fn open(&self, token: &str) -> Option<ChallengeId> {
        open("flow", token).map(ChallengeId::from_bytes)
    }
}

impl UndoTokens for TestKeys {
    fn undo_token(&self, id: ChangeId) -> Secret<String> {
        Secret::new(format!("un_{}", seal("undo", id.to_bytes())))
    }

    fn open_undo_token(&self, token: &str) -> Option<ChangeId> {
        open("undo", token.strip_prefix("un_")?).map(ChangeId::from_bytes)
    }
}

impl SessionTokens for TestKeys {
    fn refresh_token(&self, session: SessionId, generation: Generation) -> Secret<String> {
        let kind = format!("refresh {}", generation.0);
        Secret::new(format!("rt_{}{:08x}", seal(&kind, session.to_bytes()), generation.0))
    }

    fn open_refresh_token(&self, token: &str) -> Option<(SessionId, Generation)> {
        let (sealed, generation) = token.strip_prefix("rt_")?.split_at_checked(43)?;
        let generation = u32::from_str_radix(generation, 16).ok().map(Generation)?;
        let session = open(&format!("refresh {}", generation.0), sealed).map(SessionId::from_bytes)?;
        // One token has one spelling.
        (self.refresh_token(session, generation).reveal() == token).then_some((session, generation))
    }

    fn cookie(&self, session: SessionId, generation: Generation) -> Secret<String> {
        let kind = format!("cookie {}", generation.0);
        Secret::new(format!("{}{:08x}", seal(&kind, session.to_bytes()), generation.0))
    }

    fn open_cookie(&self, value: &str) -> Option<(SessionId, Generation)> {
        let (sealed, generation) = value.split_at_checked(43)?;
        let generation = u32::from_str_radix(generation, 16).ok().map(Generation)?;
        let session = open(&format!("cookie {}", generation.0), sealed).map(SessionId::from_bytes)?;
        (self.cookie(session, generation).reveal() == value).then_some((session, generation))
    }

    fn device_token(&self, owner: DeviceOwner) -> Secret<String> {
        Secret::new(format!("dt_{}_{}", owner.generation.0, seal("device", owner.user.to_bytes())))
    }

    fn is_known_device(&self, token: &str, owner: DeviceOwner) -> bool {
        // Real ones are never alike: here whatever is appended makes another device of the same account.
        token.starts_with(self.device_token(owner).reveal())
    }
}

impl TokenSigner for TestKeys {
    fn sign(&self, claims: &AccessClaims) -> Result<Secret<String>, SignError> {
        let claims = [
            claims.user.to_string(),
            claims.session.to_string(),
            claims.auth_time.as_micros().to_string(),
            claims.methods.to_text(),
            claims.assurance.as_str().to_owned(),
            claims.issued_at.as_micros().to_string(),
            claims.expires_at.as_micros().to_string(),
        ];
        let payload = URL_SAFE_NO_PAD.encode(claims.join("|"));
        Ok(Secret::new(format!("test.{payload}.{}", signature(&payload))))
    }

    fn verify(&self, token: &str, now: Timestamp) -> Option<AccessClaims> {
        let (payload, tag) = token.strip_prefix("test.")?.split_once('.')?;
        let claims = (signature(payload) == tag).then(|| parse(payload)).flatten()?;
        (claims.issued_at <= now && now < claims.expires_at).then_some(claims)
    }

    fn public_keys(&self) -> Vec<JsonWebKey> {
        let (kid, x) = ("test".to_owned(), URL_SAFE_NO_PAD.encode([1; 32]));
        vec![JsonWebKey { kty: "OKP", crv: "Ed25519", alg: "EdDSA", kid, x, y: None }]
    }
}

fn seal(kind: &str, id: [u8; 16]) -> String {
    URL_SAFE_NO_PAD.encode([id, tag(&[kind.as_bytes(), &id])].concat())
}

fn open(kind: &str, token: &str) -> Option<[u8; 16]> {
    let [id, _] = halves(URL_SAFE_NO_PAD.decode(token).ok()?.try_into().ok()?);
    (seal(kind, id) == token).then_some(id)
}

fn signature(payload: &str) -> String {
    URL_SAFE_NO_PAD.encode(tag(&[b"access", payload.as_bytes()]))
}

fn parse(payload: &str) -> Option<AccessClaims> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    let claims: Vec<_> = text.split('|').collect();
    let [user, session, auth_time, methods, assurance, issued_at, expires_at] = claims[..] else { return None };
    let instant = |text: &str| text.parse().ok().map(Timestamp::from_micros);
    Some(AccessClaims {
        user: UserId::from_uuid(user.parse().ok()?),
        session: SessionId::from_uuid(session.parse().ok()?),
        auth_time: instant(auth_time)?,
        methods: Methods::parse(methods),
        assurance: Assurance::parse(assurance)?,
        issued_at: instant(issued_at)?,
        expires_at: instant(expires_at)?,
    })
}

#[cfg(test)]
mod tests {
    use doorward_kernel::DeviceGeneration;

    use super::*;
    use crate::fixtures;

    #[test]
    fn a_token_is_opened_as_what_it_was_made_for_alone() {
        let keys = TestKeys::default();
        let session = SessionId::from_bytes([7; 16]);
        let token = keys.refresh_token(session, Generation(3));

        assert_eq!(keys.open_refresh_token(token.reveal()), Some((session, Generation(3))));
        let cookie = keys.cookie(session, Generation(3));
        assert_eq!(keys.open_cookie(cookie.reveal()), Some((session, Generation(3))));
        assert_eq!(keys.open_cookie(&cookie.reveal().replace("00000003", "00000004")), None);
        assert_eq!(keys.open_cookie(&keys.seal(ChallengeId::from_bytes([7; 16]))), None);
        assert_eq!(keys.open_refresh_token(&token.reveal().replace("00000003", "00000004")), None);
        let owner = DeviceOwner { user: UserId::from_bytes([1; 16]), generation: DeviceGeneration(0) };
        let other = DeviceOwner { user: fixtures::user_id(1), ..owner };
        let later = DeviceOwner { generation: DeviceGeneration(1), ..owner };
        let device = keys.device_token(owner);
        assert!(keys.is_known_device(device.reveal(), owner));
        assert!(!keys.is_known_device(device.reveal(), other) && !keys.is_known_device(device.reveal(), later));
    }

    #[test]
    fn a_flow_token_has_43_characters() {
        let keys = TestKeys::default();
        let id = ChallengeId::from_bytes([9; 16]);

        let token = keys.seal(id);

        assert_eq!((token.len(), FlowTokens::open(&keys, &token)), (43, Some(id)));
    }

    #[test]
    fn an_access_token_is_good_until_it_expires() {
        let keys = TestKeys::default();
        let claims = AccessClaims {
            user: fixtures::user_id(1),
            session: SessionId::from_bytes([7; 16]),
            auth_time: fixtures::now(),
            methods: Methods::parse("sms pwd"),
            assurance: Assurance::Aal2,
            issued_at: fixtures::now(),
            expires_at: fixtures::at(300),
        };

        let token = keys.sign(&claims).unwrap();

        assert_eq!(keys.verify(token.reveal(), fixtures::at(299)), Some(claims));
        assert_eq!(keys.verify(token.reveal(), fixtures::at(300)), None);
        assert_eq!(keys.verify(&token.reveal().replace("test.", "test.A"), fixtures::at(1)), None);
    }
}
