use doorward_kernel::{EmailAddress, Random, Secret, Timestamp};
use totp_rs::Builder;

use crate::{Code, Digits, TimeStep, hotp};

/// The number of bytes of a seed: 160 bits, as RFC 4226, section 4, R6 recommends.
const BYTES: usize = 20;

/// The secret that an authenticator app and the service share: 20 random bytes.
///
/// Stores keep it sealed; it is shown once, when the app is set up.
#[derive(Clone, Debug)]
pub struct TotpSeed(Secret<[u8; BYTES]>);

impl TotpSeed {
    /// Mints a random seed.
    pub fn mint(random: &dyn Random) -> Self {
        let mut bytes = [0; BYTES];
        random.fill(&mut bytes);
        Self::from_bytes(bytes)
    }

    /// Wraps the bytes that a store kept sealed.
    pub const fn from_bytes(bytes: [u8; BYTES]) -> Self {
        Self(Secret::new(bytes))
    }

    /// The bytes, to be sealed.
    pub const fn reveal(&self) -> &[u8; BYTES] {
        self.0.reveal()
    }

    /// The seed as people type it into an app: 32 characters of base32 (RFC 4648).
    pub fn base32(&self) -> Secret<String> {
        Secret::new(totp_rs::Secret::from(*self.reveal()).to_base32())
    }

    /// The `otpauth://totp/…` address that apps read from a QR code; it holds the seed.
    ///
    /// Six digits and 30 seconds are what apps take where it says nothing else. A colon parts issuer
    /// and account, so it is left out of the issuer.
    pub fn otpauth_url(&self, issuer: &str, account: &EmailAddress) -> Secret<String> {
        let issuer = issuer.replace(':', "");
        let app =
            Builder::new().with_secret(*self.reveal()).with_issuer(Some(issuer)).with_account_name(account.as_str());
        // An address is never empty and holds no colon, so there is no error to report.
        Secret::new(app.build_noncompliant().to_url().unwrap_or_default())
    }

    /// The code of a step: six digits.
    pub fn code(&self, step: TimeStep) -> Code {
        hotp(self.reveal(), step.0, Digits::SIX)
    }

    /// The step that a code is for; `None` when it is wrong, too old, not due yet or used.
    ///
    /// The current and the previous step count, never the next one, and only steps after
    /// `last_step`, the one last accepted (RFC 6238, section 5.2). Whoever stores the step
    /// found must do so only where the stored one is still lower: of two calls at once that
    /// bring the same code, one may win.
    pub fn check(&self, code: &Code, now: Timestamp, last_step: Option<TimeStep>) -> Option<TimeStep> {
        let current = TimeStep::at(now);
        // The latest that fits: should two steps have one code, it is used up for both.
        [Some(current), current.previous()]
            .into_iter()
            .flatten()
            .filter(|step| self.code(*step).matches(code))
            .find(|step| last_step.is_none_or(|last_step| *step > last_step))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RFC_KEY: [u8; BYTES] = *b"12345678901234567890";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn seed() -> TotpSeed {
        TotpSeed::from_bytes(RFC_KEY)
    }

    #[test]
    fn the_vectors_of_rfc_6238_appendix_b_hold() {
        for (second, code) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            let step = TimeStep::at(at(second));

            assert_eq!(hotp(&RFC_KEY, step.0, Digits::new(8).unwrap()).reveal(), code);
            assert_eq!(seed().code(step).reveal(), &code[2..]);
        }
    }

    #[test]
    fn the_current_and_the_previous_step_count_and_no_other() {
        let now = at(1_234_567_890);
        let current = TimeStep::at(now).0;

        let accepted: Vec<_> = (current - 3..=current + 3)
            .map(|step| seed().check(&seed().code(TimeStep(step)), now, None).map(|step| step.0))
            .collect();

        assert_eq!(accepted, [None, None, Some(current - 1), Some(current), None, None, None]);
    }

    #[test]
    fn a_step_that_was_accepted_and_all_before_it_are_refused() {
        let now = at(1_234_567_890);
        let current = TimeStep::at(now);
        let previous = current.previous().unwrap();
        let check = |step, last_step| seed().check(&seed().code(step), now, last_step);

        assert_eq!(check(current, Some(current)), None);
        assert_eq!(check(previous, Some(current)), None);
        assert_eq!(check(previous, Some(previous)), None);
        assert_eq!(check(current, Some(previous)), Some(current));
    }

    #[test]
    fn a_step_lasts_30_seconds_and_starts_with_its_first() {
        assert_eq!([-1, 0, 29, 30, 59, 60].map(|second| TimeStep::at(at(second)).0), [0, 0, 0, 1, 1, 2]);
    }

    #[test]
    fn a_code_of_another_length_is_wrong() {
        let now = at(59);

        assert_eq!(seed().check(&Code::parse("94287082").unwrap(), now, None), None);
        assert_eq!(seed().check(&Code::parse("287082").unwrap(), now, None), Some(TimeStep(1)));
    }

    #[test]
    fn apps_get_the_seed_in_base32() {
        assert_eq!(seed().base32().reveal(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }

    #[test]
    fn an_app_finds_the_issuer_the_account_and_the_secret() {
        let account = EmailAddress::parse("ada@example.com").unwrap();

        assert_eq!(
            seed().otpauth_url("Doorward", &account).reveal(),
            "otpauth://totp/Doorward:ada%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Doorward"
        );
    }

    #[test]
    fn no_name_can_add_a_parameter_or_move_the_colon() {
        let account = EmailAddress::parse("x?secret=AA#/%@example.com").unwrap();

        let url = seed().otpauth_url("A: é&B", &account);

        assert_eq!(
            url.reveal(),
            "otpauth://totp/A%20%C3%A9%26B:x%3Fsecret%3DAA%23%2F%25%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=A%20%C3%A9%26B"
        );
    }

    #[test]
    fn debug_shows_nothing_of_a_seed() {
        assert_eq!(format!("{:?}", seed()), "TotpSeed([redacted])");
    }
}
