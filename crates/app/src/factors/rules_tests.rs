//! All pairs of change and evidence, for every account.

use super::{Change, Evidence, Given, Holdings, Refusal, SessionEvidence, Verdict, decide};

const CHANGES: [Change; 6] = [
    Change::ReplacePassword,
    Change::ReplaceAddress,
    Change::BindNumber,
    Change::BindAuthenticator,
    Change::RemoveAuthenticator,
    Change::ReplaceRecoveryCodes,
];

fn accounts() -> impl Iterator<Item = Holdings> {
    bools::<2>().map(|[number, authenticator]| Holdings { number, authenticator })
}

fn all_evidence() -> Vec<Evidence> {
    let given = [Given::Nothing, Given::Password, Given::PasswordAndCode];
    let sessions = bools::<2>().flat_map(|[is_fresh, is_strong]| {
        given.map(|given| Evidence::Session(SessionEvidence { is_fresh, is_strong, given }))
    });
    let others =
        [Evidence::Binding, Evidence::Mailbox { authenticator: false }, Evidence::Mailbox { authenticator: true }];
    sessions.chain(others).collect()
}

fn bools<const N: usize>() -> impl Iterator<Item = [bool; N]> {
    (0..1_usize << N).map(|bits| std::array::from_fn(|i| bits >> i & 1 == 1))
}

fn pairs() -> impl Iterator<Item = (Change, Holdings, Evidence, Verdict)> {
    let all = CHANGES.into_iter().flat_map(|change| accounts().map(move |account| (change, account)));
    all.flat_map(|(change, account)| {
        all_evidence().into_iter().map(move |evidence| (change, account, evidence, decide(change, account, evidence)))
    })
}

/// Returns whether the caller has shown that they know the password, or have two factors.
fn is_strong(evidence: Evidence) -> bool {
    match evidence {
        Evidence::Session(evidence) => evidence.given != Given::Nothing || evidence.is_strong,
        Evidence::Binding => true,
        Evidence::Mailbox { .. } => false,
    }
}

#[test]
fn what_is_stronger_never_follows_at_once_from_what_is_weaker() {
    for (change, account, evidence, verdict) in pairs() {
        let pair = format!("{change:?} {account:?} {evidence:?}");
        match change {
            Change::ReplacePassword => {
                let has_code = !account.authenticator || evidence == Evidence::Mailbox { authenticator: true };
                let is_known = matches!(evidence, Evidence::Session(evidence) if evidence.given != Given::Nothing);
                assert_eq!(
                    verdict == Verdict::AtOnce,
                    is_known || matches!(evidence, Evidence::Mailbox { .. }) && has_code
                );
            }
            Change::ReplaceAddress
            | Change::BindNumber
            | Change::BindAuthenticator
            | Change::RemoveAuthenticator
            | Change::ReplaceRecoveryCodes => {
                assert!(verdict != Verdict::AtOnce || is_strong(evidence), "{pair}");
            }
        }
    }
}

#[test]
fn password_and_mailbox_replace_nothing_at_once() {
    for (change, account, evidence, verdict) in pairs() {
        if evidence == Evidence::Binding {
            let replaces = match change {
                Change::BindNumber => account.number,
                Change::BindAuthenticator => account.number || account.authenticator,
                Change::ReplacePassword
                | Change::ReplaceAddress
                | Change::RemoveAuthenticator
                | Change::ReplaceRecoveryCodes => {
                    assert_eq!(verdict, Verdict::Refused(Refusal::BindingOnly));
                    continue;
                }
            };
            assert_eq!(verdict, if replaces { Verdict::Pending } else { Verdict::AtOnce }, "{change:?} {account:?}");
        }
    }
}

#[test]
fn a_session_of_the_number_alone_binds_an_authenticator_only_after_the_hold() {
    let account = Holdings { number: true, authenticator: false };
    let by_number = SessionEvidence { is_fresh: true, ..SessionEvidence::default() };

    let bind = |evidence| decide(Change::BindAuthenticator, account, Evidence::Session(evidence));

    assert_eq!(bind(by_number), Verdict::Pending);
    assert_eq!(bind(SessionEvidence { given: Given::Password, ..by_number }), Verdict::AtOnce);
    assert_eq!(bind(SessionEvidence { is_strong: true, ..by_number }), Verdict::AtOnce);
    assert_eq!(bind(SessionEvidence::default()), Verdict::Refused(Refusal::StepUp));
}

#[test]
fn without_fresh_evidence_nothing_but_the_password_changes_in_a_session() {
    for (change, account, evidence, verdict) in pairs() {
        let Evidence::Session(SessionEvidence { is_fresh: false, given, .. }) = evidence else { continue };
        let password = given != Given::Nothing;
        let is_all_there_is = password && !account.number && !account.authenticator;
        let may = match change {
            Change::ReplacePassword => password,
            Change::ReplaceAddress | Change::BindNumber | Change::BindAuthenticator => is_all_there_is,
            Change::RemoveAuthenticator | Change::ReplaceRecoveryCodes => false,
        };
        assert_eq!(!matches!(verdict, Verdict::Refused(_)), may, "{change:?} {account:?} {evidence:?}");
    }
}

#[test]
fn an_authenticator_goes_only_with_its_own_code_and_the_password() {
    for (change, account, evidence, verdict) in pairs() {
        if matches!(change, Change::RemoveAuthenticator | Change::ReplaceRecoveryCodes) {
            let shown = |evidence: SessionEvidence| evidence.is_fresh && evidence.given == Given::PasswordAndCode;
            let has_all = matches!(evidence, Evidence::Session(evidence) if shown(evidence));
            assert_eq!(
                verdict == Verdict::AtOnce,
                has_all && account.authenticator,
                "{change:?} {account:?} {evidence:?}"
            );
            assert_ne!(verdict, Verdict::Pending);
        }
    }
}

#[test]
fn a_mailed_code_sets_a_password_and_nothing_else() {
    for (change, account, evidence, verdict) in pairs() {
        if let Evidence::Mailbox { authenticator } = evidence {
            let expected = match change {
                Change::ReplacePassword if account.authenticator && !authenticator => Verdict::Refused(Refusal::Code),
                Change::ReplacePassword => Verdict::AtOnce,
                Change::ReplaceAddress
                | Change::BindNumber
                | Change::BindAuthenticator
                | Change::RemoveAuthenticator
                | Change::ReplaceRecoveryCodes => Verdict::Refused(Refusal::NoSession),
            };
            assert_eq!(verdict, expected, "{change:?} {account:?} {evidence:?}");
        }
    }
}
