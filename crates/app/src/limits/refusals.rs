use std::time::Duration;

use doorward_kernel::{AuditKind, Timestamp};
use doorward_limit::{BucketKey, BucketKind, TakeOutcome};

use super::RateLimiter;
use crate::metrics::{self, Disclosure};

const TEN_MINUTES: Duration = Duration::from_mins(10);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

impl RateLimiter {
    /// Lets be recorded that a bucket of all runs low, if it is one that operators are warned of.
    pub(super) fn warn(&self, kind: BucketKind, now: Timestamp) {
        if let Some((kind, every)) = incident(kind) {
            self.note_once(kind, "", every, now);
        }
    }

    /// Counts that buckets are used up or authenticators are blocked, and lets it be recorded.
    pub(super) fn was_refused(&self, outcome: &TakeOutcome, disclosure: Disclosure, now: Timestamp) {
        let mut refusals = outcome.refusals().to_vec();
        refusals.dedup_by_key(|refusal| refusal.key);
        for refusal in refusals {
            match (refusal.key.kind, refusal.retry_at) {
                (BucketKind::LOCKOUT, Some(_)) => metrics::refused_by("authenticator_waiting", disclosure),
                (BucketKind::LOCKOUT, None) => metrics::refused_by("authenticator_disabled", disclosure),
                (kind, _) => metrics::refused(kind, disclosure),
            }
            if let Some((kind, every)) = incident(refusal.key.kind) {
                self.note_once(kind, &text_of(&refusal.key), every, now);
            }
        }
    }
}

/// Returns the audit kind when such a bucket refuses, or runs low where all share it, and its cooldown.
///
/// Those of messages are in the event of the start whose code is not sent.
fn incident(kind: BucketKind) -> Option<(AuditKind, Duration)> {
    let incidents = [
        (BucketKind::IP_CREDENTIALS, AuditKind::IpCredentialsLimited, TEN_MINUTES),
        (BucketKind::IP_FAILURES, AuditKind::IpFailuresLimited, TEN_MINUTES),
        (BucketKind::IP_SENDS, AuditKind::IpSendsLimited, TEN_MINUTES),
        (BucketKind::IP_REGISTRATIONS, AuditKind::IpRegistrationsLimited, TEN_MINUTES),
        (BucketKind::NET_FAILURES, AuditKind::NetFailuresLimited, TEN_MINUTES),
        (BucketKind::NET_SENDS, AuditKind::NetSendsLimited, TEN_MINUTES),
        (BucketKind::REFRESH, AuditKind::RefreshLimited, TEN_MINUTES),
        (BucketKind::CLIENT_FAILURES, AuditKind::ClientFailuresLimited, TEN_MINUTES),
        (BucketKind::SENSITIVE_CHANGES, AuditKind::SensitiveChangesLimited, HOUR),
        (BucketKind::TOTP_SETUPS, AuditKind::SensitiveChangesLimited, HOUR),
        (BucketKind::IDENTIFIER_CHANGES, AuditKind::IdentifierChangesLimited, HOUR),
        (BucketKind::WRONG_CODES, AuditKind::WrongCodesLimited, HOUR),
        (BucketKind::PASSWORD_FAILURES, AuditKind::PasswordFailuresLimited, HOUR),
        (BucketKind::SMS_BUDGET, AuditKind::SmsBudgetWarning, DAY),
        (BucketKind::SMS_SPEND, AuditKind::SmsSpendWarning, DAY),
        (BucketKind::VOICE_BUDGET, AuditKind::VoiceBudgetWarning, DAY),
        (BucketKind::VOICE_UNVERIFIED, AuditKind::VoiceBudgetWarning, DAY),
        (BucketKind::EMAIL_BUDGET, AuditKind::EmailBudgetWarning, DAY),
    ];
    incidents.into_iter().find_map(|(of, incident, every)| (of == kind).then_some((incident, every)))
}

/// The digest of the subject as text: buckets of one kind are told apart by it.
fn text_of(bucket: &BucketKey) -> String {
    bucket.subject.map(|byte| format!("{byte:02x}")).concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_lists_every_event_of_a_refusal() {
        let page = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/security/limits.md"));
        let is_of_refusal = |name: &str| name.starts_with("limit.") || name.starts_with("authenticator.");

        for name in AuditKind::ALL.iter().map(|kind| kind.as_str()).filter(|name| is_of_refusal(name)) {
            assert!(page.contains(&format!("`{name}`")), "{name} is not in the manual");
        }
    }

    #[test]
    fn events_are_named_for_their_buckets_and_no_subject_is_told_for_another() {
        let [first, second] = [1, 2].map(|byte| BucketKey { kind: BucketKind::IP_SENDS, subject: [byte; 32] });

        assert_eq!(incident(first.kind), Some((AuditKind::IpSendsLimited, TEN_MINUTES)));
        assert_eq!(incident(BucketKind::SMS), None);
        assert_ne!(text_of(&first), text_of(&second));
    }
}
