//! Known answers: what one root secret and epoch give, computed by an independent implementation.
//!
//! A release that changes any of it would invalidate every token, code and session there is.

use doorward_kernel::{ChallengeId, ChangeId, EpochId, SessionId, UserId};
use doorward_limit::{BucketKind, Digests};
use doorward_otp::{FlowKeys, Purpose, RecoveryCode, TotpKeys};
use doorward_session::{Generation, SessionTokens, TokenSigner};
use doorward_user::UndoTokens;

use crate::fixtures::{Fixture, ROOT, eddsa, epoch};

const CHALLENGE: ChallengeId = ChallengeId::from_bytes([7; 16]);
const SESSION: SessionId = SessionId::from_bytes([5; 16]);

#[test]
fn challenge_keys_never_change() {
    let keyring = Fixture::new(vec![epoch(1, 0)]).keyring;

    let key = keyring.challenge_key(EpochId(1), CHALLENGE, Purpose::Login, "+14155552671").unwrap();

    let expected = [
        0x8c, 0x3b, 0xe3, 0xb8, 0x97, 0x0c, 0x80, 0x13, 0xa9, 0xef, 0xbc, 0x9e, 0x3f, 0x02, 0x84, 0x90, 0xd1, 0x17,
        0x26, 0x6a, 0xcd, 0xd7, 0xd8, 0x18, 0x64, 0xb2, 0x70, 0xa7, 0xf6, 0x00, 0x48, 0xc4,
    ];
    assert_eq!(*key.reveal(), expected);
}

#[test]
fn recovery_digests_never_change() {
    let keyring = Fixture::new(vec![epoch(1, 0)]).keyring;
    let code = RecoveryCode::parse("0123-4567-89AB-CDEF-GHJK-MNPQ").unwrap();

    let digest = keyring.recovery_digest(UserId::from_bytes([7; 16]), &code);

    let expected = [
        0x7b, 0x20, 0x20, 0x09, 0x5f, 0x9b, 0x98, 0xaa, 0x97, 0x1f, 0xaf, 0x6e, 0x77, 0xed, 0x0f, 0xf0, 0xce, 0x30,
        0xe3, 0x69, 0x51, 0x7d, 0xa7, 0x9f, 0x2e, 0x24, 0xa9, 0x28, 0x34, 0xe9, 0x04, 0x7b,
    ];
    assert_eq!(digest, expected);
}

#[test]
fn bucket_digests_never_change() {
    let keyring = Fixture::new(vec![epoch(1, 0)]).keyring;

    let digest = Digests::digest(&*keyring, BucketKind::SMS, "+14155552671");

    let expected = [
        0x31, 0xa3, 0x02, 0x9b, 0x0b, 0x5c, 0x5e, 0x95, 0x59, 0x38, 0xf7, 0x22, 0xda, 0x55, 0x9b, 0x1f, 0x5e, 0xb4,
        0x08, 0xfc, 0x04, 0x7a, 0x6f, 0x9b, 0x44, 0x06, 0xde, 0xed, 0x6a, 0x56, 0x31, 0x7f,
    ];
    assert_eq!(digest, expected);
}

#[test]
fn tokens_never_change() {
    let keyring = Fixture::new(vec![epoch(1, 0)]).keyring;

    assert_eq!(keyring.seal(CHALLENGE), "BwcHBwcHBwcHBwcHBwcHBxVQUaCCOMNc3j2164Cu1jQ");
    assert_eq!(
        keyring.refresh_token(SESSION, Generation(3)).reveal(),
        "rt_BQUFBQUFBQUFBQUFBQUFBQAAAAN3byBHx1t4mRwFPiUBFT6f"
    );
    assert_eq!(keyring.cookie(SESSION, Generation(0)).reveal(), "BQUFBQUFBQUFBQUFBQUFBSibZ9E2UdYAc56Jcq-SL1w");
    assert_eq!(keyring.cookie(SESSION, Generation(3)).reveal(), "BQUFBQUFBQUFBQUFBQUFBQAAAANwZQByJZFfBRqaF5no4W2_");
    let change = ChangeId::from_bytes([7; 16]);
    assert_eq!(keyring.undo_token(change).reveal(), "un_BwcHBwcHBwcHBwcHBwcHB2gHKk8DDtl9foAiHzviEcE");
}

#[test]
fn signing_keys_never_change() {
    let es256 = Fixture::new(vec![epoch(1, 0)]).keyring.public_keys().remove(0);
    let eddsa = Fixture::with(ROOT, vec![epoch(1, 0)], eddsa()).unwrap().keyring.public_keys().remove(0);

    assert_eq!(es256.kid, "f1usUdjsKaVlXEyPS1oJrcvF_C_6czUWkkX-EsqEZOY");
    assert_eq!(eddsa.kid, "wR75vysmXQZhebyZp9k-x41EE0Q-ISkCt_TQ9OZq4TA");
}
