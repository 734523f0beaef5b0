use doorward_kernel::{Secret, UserId};
use doorward_user::PasswordVerifier;

use crate::{
    Keyring, Sealed,
    legacy::{LegacyError, LegacyVerifier},
    password::Work,
};

/// Makes the verifier of a user whose password another system has hashed.
///
/// Its text is `$legacy$bcrypt:12$keyid=…$sealed`: what checking it takes, the epoch, and the old
/// hash sealed to its user. Work and epoch are in the open, so that a store can list them.
pub fn import_verifier(keyring: &Keyring, user: UserId, text: &str) -> Result<PasswordVerifier, LegacyError> {
    seal(keyring, user, text, LegacyVerifier::parse_for_import(text)?.work())
}

/// Opens what [`import_verifier`] made; `None` for all else and for another user.
pub(crate) fn open_legacy(keyring: &Keyring, user: UserId, verifier: &PasswordVerifier) -> Option<LegacyVerifier> {
    LegacyVerifier::parse(str::from_utf8(open(keyring, user, verifier)?.reveal()).ok()?).ok()
}

/// Seals what [`import_verifier`] made under the current epoch; `None` for all else and for another user.
pub(crate) fn reseal_legacy(keyring: &Keyring, user: UserId, verifier: &PasswordVerifier) -> Option<PasswordVerifier> {
    let text = open(keyring, user, verifier)?;
    let text = str::from_utf8(text.reveal()).ok()?;
    seal(keyring, user, text, LegacyVerifier::parse(text).ok()?.work()).ok()
}

fn seal(keyring: &Keyring, user: UserId, text: &str, work: Work) -> Result<PasswordVerifier, LegacyError> {
    let sealed = keyring.seal_value(&associated_data(user), text.as_bytes()).map_err(LegacyError::Unsealed)?;
    let [key_id, sealed] = sealed.to_texts();
    Ok(PasswordVerifier::from_text(format!("$legacy${work}$keyid={key_id}${sealed}")))
}

fn open(keyring: &Keyring, user: UserId, verifier: &PasswordVerifier) -> Option<Secret<Vec<u8>>> {
    // Verifiers of earlier versions do not tell the work.
    let (_, sealed) = verifier.as_str().strip_prefix("$legacy$")?.split_once("keyid=")?;
    let (key_id, sealed) = sealed.split_once('$')?;
    keyring.open_value(&associated_data(user), &Sealed::from_texts(key_id, sealed)?)
}

/// Binds an old hash to its user's row, and apart from hashes of our own.
fn associated_data(user: UserId) -> Vec<u8> {
    [b"doorward/legacy/v1".as_slice(), &user.to_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Fixture, epoch};

    const ADA: UserId = UserId::from_bytes([1; 16]);

    #[test]
    fn what_is_on_file_stays_though_it_would_be_imported_no_more() {
        let keyring = Fixture::new(vec![epoch(1, 0)]).keyring;
        let dear = "$2b$15$N2TNQ0pcdBN553gLQeYRaeOA2vPbuHV6AXoj.1PqCP4YZlF4kk2de";

        let on_file = seal(&keyring, ADA, dear, LegacyVerifier::parse(dear).unwrap().work()).unwrap();

        assert!(matches!(import_verifier(&keyring, ADA, dear), Err(LegacyError::TooDear { .. })));
        assert!(open_legacy(&keyring, ADA, &on_file).is_some());
        assert!(reseal_legacy(&keyring, ADA, &on_file).is_some());
    }
}
