use crate::{ChallengeId, EventId, SessionId, Timestamp, UserId};

/// An audit event, written in the transaction of the change it records.
///
/// It names accounts by id only: no address, number, code or token ever enters it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEvent {
    /// Names the event.
    pub id: EventId,
    /// When it happened.
    pub at: Timestamp,
    /// The event's kind.
    pub kind: AuditKind,
    /// The user concerned, if the account exists.
    pub user: Option<UserId>,
    /// The session it happened in or to.
    pub session: Option<SessionId>,
    /// The challenge it happened to.
    pub challenge: Option<ChallengeId>,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// The kind of an audit event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum AuditKind {
            $($(#[$doc])* $name,)*
        }

        impl AuditKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable name under which the kind is stored and logged.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

kinds! {
    /// A flow was started.
    FlowStarted = "flow.started",
    /// The code of a flow was sent again.
    FlowResent = "flow.resent",
    /// A flow was started or its code asked for again; no mail was sent, as a bucket is used up.
    EmailBudgetExhausted = "email_budget_exhausted",
    /// The same with an SMS: a bucket is used up.
    SmsBudgetExhausted = "sms_budget_exhausted",
    /// The same: too many went to the first digits, or too few came back.
    SmsPrefixLimited = "sms_prefix_limited",
    /// The same: the country is not served, or closed for a day.
    SmsCountryDenied = "sms_country_denied",
    /// The same: numbers of the kind are not served.
    SmsNumberKind = "sms_number_kind",
    /// The same: an operator has paused SMS.
    SmsPaused = "sms_paused",
    /// The same with a call: the calls of all, or those to unverified numbers, are used up.
    VoiceBudgetExhausted = "voice_budget_exhausted",
    /// Four fifths of the SMS of all are used up.
    SmsBudgetWarning = "sms_budget_warning",
    /// Four fifths of what SMS may cost are used up.
    SmsSpendWarning = "sms_spend_warning",
    /// Four fifths of the calls of all, or of those to unverified numbers, are used up.
    VoiceBudgetWarning = "voice_budget_warning",
    /// Four fifths of the mails of all are used up.
    EmailBudgetWarning = "email_budget_warning",
    /// So many codes are wrong on all nodes that somebody tries many accounts; the threat level is elevated.
    OtpSprayDetected = "otp_spray_detected",
    /// The same with passwords.
    PasswordSprayDetected = "password_spray_detected",
    /// A host used up its calls of credential endpoints.
    IpCredentialsLimited = "limit.ip_credentials",
    /// A host used up its failed checks.
    IpFailuresLimited = "limit.ip_failures",
    /// A host used up its starts that would send.
    IpSendsLimited = "limit.ip_sends",
    /// A host used up its registrations.
    IpRegistrationsLimited = "limit.ip_registrations",
    /// A network used up its failed checks.
    NetFailuresLimited = "limit.net_failures",
    /// A network used up its starts that would send.
    NetSendsLimited = "limit.net_sends",
    /// An account used up its sensitive changes.
    SensitiveChangesLimited = "limit.sensitive_changes",
    /// An account used up its changes of address or number.
    IdentifierChangesLimited = "limit.identifier_changes",
    /// A session used up its refreshes.
    RefreshLimited = "limit.refresh",
    /// A host used up its wrong secrets of resource servers.
    ClientFailuresLimited = "limit.client_failures",
    /// An address or number used up its wrong codes; callers do not see it.
    WrongCodesLimited = "limit.wrong_codes",
    /// An address or number used up its wrong passwords; callers do not see it.
    PasswordFailuresLimited = "limit.password_failures",
    /// Consecutive failures lock an authenticator for a while; callers do not see it.
    AuthenticatorWaiting = "authenticator.waiting",
    /// Consecutive failures disabled an authenticator until it is bound anew; callers do not see it.
    AuthenticatorDisabled = "authenticator.disabled",
    /// An operator paused SMS.
    SmsStopped = "sms.stopped",
    /// An operator let SMS go on.
    SmsResumed = "sms.resumed",
    /// An operator opened a prefix or country that a conversion breaker had closed.
    SmsReopened = "sms.reopened",
    /// An operator had dead messages tried again.
    MessagesRetried = "outbox.retried",
    /// A wrong code or password was counted against a flow.
    FlowFailed = "flow.failed",
    /// An account was made by verifying its address.
    UserRegistered = "user.registered",
    /// A session was opened.
    SessionOpened = "session.opened",
    /// A session was opened with the code of a reviewer's number, which is not sent.
    SessionOpenedByReviewer = "session.opened_by_reviewer",
    /// A refresh token was spent for its successor.
    SessionRefreshed = "session.refreshed",
    /// A session was ended by its owner.
    SessionEnded = "session.ended",
    /// A spent refresh token came back; its session was ended.
    SessionReused = "session.refresh_reuse",
    /// The other sessions of an account were ended by its owner.
    OtherSessionsEnded = "session.others_ended",
    /// The oldest sessions beyond the cap were ended for a new one.
    SessionDisplaced = "session.displaced",
    /// A session fell back from two factors to one.
    SessionFellBack = "session.fell_back",
    /// The owner of a session was verified anew.
    SessionSteppedUp = "session.stepped_up",
    /// A number was verified for an account.
    PhoneProved = "user.phone_proved",
    /// A number was dropped, since somebody else verified it.
    PhoneDropped = "user.phone_dropped",
    /// The password was changed.
    PasswordChanged = "user.password_changed",
    /// The address was changed, after the new one was verified.
    EmailChanged = "user.email_changed",
    /// The number was changed, after the new one was verified.
    PhoneChanged = "user.phone_changed",
    /// An operator closed the account.
    UserDisabled = "user.disabled",
    /// An operator opened the account again.
    UserEnabled = "user.enabled",
    /// The names were changed.
    NamesChanged = "user.names_changed",
    /// A key epoch was added.
    EpochAdded = "keys.epoch_added",
    /// A key epoch was retired: nothing made under it is accepted any more.
    EpochRetired = "keys.epoch_retired",
    /// A resource server was registered.
    ClientAdded = "client.added",
    /// A resource server got a new secret in place of the old one.
    ClientRotated = "client.secret_rotated",
    /// A resource server was removed.
    ClientRemoved = "client.removed",
    /// A session was ended by a resource server that revoked a token of it.
    SessionRevoked = "session.revoked",
    /// The password was set anew by way of the address, without the old one.
    PasswordReset = "user.password_reset",
    /// The verifier of the password was made anew; the password stayed.
    PasswordRehashed = "user.password_rehashed",
    /// A change of address or number was undone.
    ChangeUndone = "user.change_undone",
    /// A session that may only bind was opened.
    BindingOpened = "session.binding_opened",
    /// The owner objected to such a session, and every session was ended.
    BindingEnded = "session.binding_ended",
    /// A number was verified that will take the place of another one, unless the owner objects.
    NumberHeld = "user.number_held",
    /// A number that was to take the place of another one was cancelled.
    NumberCalledOff = "user.number_called_off",
    /// The setting up of an authenticator app was begun; it is inert until it is confirmed.
    TotpBegun = "totp.begun",
    /// An authenticator app was confirmed, and recovery codes were made.
    TotpAdded = "totp.added",
    /// The authenticator app was removed, and the recovery codes with it.
    TotpRemoved = "totp.removed",
    /// A code of the authenticator app was accepted.
    TotpUsed = "totp.used",
    /// A code for the authenticator app was wrong in a session; in a flow it is a try of that.
    TotpFailed = "totp.failed",
    /// An app was confirmed that will take the place of the lost one, unless the owner objects.
    TotpHeld = "totp.held",
    /// An app took the place of the one that was lost; the recovery codes went with that.
    TotpReplaced = "totp.replaced",
    /// An app that was to take the place of another one was cancelled.
    TotpCalledOff = "totp.called_off",
    /// New recovery codes took the place of the old.
    RecoveryCodesMade = "recovery_codes.made",
    /// A recovery code was used up.
    RecoveryCodeUsed = "recovery_codes.used",
    /// An operator took the account over from another system.
    UserImported = "user.imported",
    /// An operator ended all sessions of the account.
    SessionsEnded = "user.sessions_ended",
    /// An operator deleted the account.
    UserDeleted = "user.deleted",
}
