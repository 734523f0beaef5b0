use std::time::Duration;

use doorward_kernel::{AuditKind, Timestamp};
use doorward_limit::{BudgetKey, BudgetKind, LockoutVerdict};

use super::{RateLimiter, incident_queue::Incident};
use crate::metrics::{self, Disclosure};

const TEN_MINUTES: Duration = Duration::from_mins(10);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

impl RateLimiter {
    /// Counts that budgets are used up, and lets it be recorded.
    pub(super) fn was_refused_by(&self, budgets: &[BudgetKey], disclosure: Disclosure, now: Timestamp) {
        for budget in budgets {
            metrics::refused(budget.kind, disclosure);
            if let Some((kind, every)) = incident(budget.kind) {
                self.memory.incidents.push(Incident::Refusal { kind, subject: text_of(budget), every, at: now });
            }
        }
    }
}

/// Counts a try that is not looked at, as too many in a row have failed.
pub(super) fn count_unread(verdict: LockoutVerdict) {
    match verdict {
        LockoutVerdict::Open => {}
        LockoutVerdict::Waiting { .. } => metrics::refused_by("authenticator_waiting", Disclosure::Silent),
        LockoutVerdict::Disabled => metrics::refused_by("authenticator_disabled", Disclosure::Silent),
    }
}

/// What the audit says when such a budget refuses, and how often; nothing where it says so elsewhere.
///
/// Those of messages are in the event of the start whose code is not sent.
fn incident(kind: BudgetKind) -> Option<(AuditKind, Duration)> {
    let incidents = [
        (BudgetKind::IP_CREDENTIALS, AuditKind::IpCredentialsLimited, TEN_MINUTES),
        (BudgetKind::IP_FAILURES, AuditKind::IpFailuresLimited, TEN_MINUTES),
        (BudgetKind::IP_SENDS, AuditKind::IpSendsLimited, TEN_MINUTES),
        (BudgetKind::IP_REGISTRATIONS, AuditKind::IpRegistrationsLimited, TEN_MINUTES),
        (BudgetKind::NET_FAILURES, AuditKind::NetFailuresLimited, TEN_MINUTES),
        (BudgetKind::NET_SENDS, AuditKind::NetSendsLimited, TEN_MINUTES),
        (BudgetKind::REFRESH, AuditKind::RefreshLimited, TEN_MINUTES),
        (BudgetKind::CLIENT_FAILURES, AuditKind::ClientFailuresLimited, TEN_MINUTES),
        (BudgetKind::SENSITIVE_CHANGES, AuditKind::SensitiveChangesLimited, HOUR),
        (BudgetKind::TOTP_SETUPS, AuditKind::SensitiveChangesLimited, HOUR),
        (BudgetKind::IDENTIFIER_CHANGES, AuditKind::IdentifierChangesLimited, HOUR),
        (BudgetKind::WRONG_CODES, AuditKind::WrongCodesLimited, HOUR),
        (BudgetKind::WRONG_CODES_KNOWN, AuditKind::WrongCodesLimited, HOUR),
        (BudgetKind::PASSWORD_FAILURES, AuditKind::PasswordFailuresLimited, HOUR),
        (BudgetKind::PASSWORD_FAILURES_KNOWN, AuditKind::PasswordFailuresLimited, HOUR),
        // It stays used up until the authenticator is bound anew, and is tried for days.
        (BudgetKind::WRONG_IN_A_ROW, AuditKind::AuthenticatorDisabled, DAY),
    ];
    incidents.into_iter().find_map(|(of, incident, every)| (of == kind).then_some((incident, every)))
}

/// The digest of the subject as text: budgets of one kind are told apart by it.
fn text_of(budget: &BudgetKey) -> String {
    budget.subject.map(|byte| format!("{byte:02x}")).concat()
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
    fn events_are_named_for_their_budgets_and_no_subject_is_told_for_another() {
        let [first, second] = [1, 2].map(|byte| BudgetKey { kind: BudgetKind::IP_SENDS, subject: [byte; 32] });

        assert_eq!(incident(first.kind), Some((AuditKind::IpSendsLimited, TEN_MINUTES)));
        assert_eq!(incident(BudgetKind::SMS), None);
        assert_ne!(text_of(&first), text_of(&second));
    }
}
