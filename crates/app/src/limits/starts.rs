use std::slice;

use doorward_kernel::{EmailAddress, PhoneNumber, SessionId, StoreError, Timestamp, UserId};
use doorward_limit::{AddressSubjects, BudgetKind, Draw, MailCaller, SmsCaller, ThreatLevel, sms_draw};
use doorward_otp::KnownDevice;

use super::{AdmitError, AskedPuzzle, Caller, Posting, RateLimiter, limiter::of_device, mails::posting};

/// What a call starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartKind {
    /// Something that sends.
    Send,
    /// A registration, which sends too.
    Registration,
}

/// What was drawn for an SMS before it was known whether anybody reads it.
#[derive(Debug)]
pub(crate) struct SmsDrawn {
    pub(super) draw: Draw,
    /// What had too little, so that nothing was drawn.
    pub(super) refused: Option<BudgetKind>,
}

/// What was drawn for a registration before it was known whether its address has an account.
#[derive(Debug)]
pub(crate) struct RegistrationDrawn {
    of_caller: Vec<Draw>,
    of_mail: Vec<Draw>,
    /// Whether its code goes out.
    pub(crate) posting: Posting,
}

/// Who starts something from a place that no account knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Anybody.
    Stranger,
    /// Somebody who has solved a puzzle for it.
    Solver,
}

impl RateLimiter {
    /// Admits a start that sends.
    pub(crate) async fn admit_start(
        &self,
        caller: &Caller,
        known: Option<KnownDevice>,
        now: Timestamp,
    ) -> Result<(), AdmitError> {
        let draws = self.draws_of_start(caller, known, StartKind::Send, now).await;
        self.admit(draws, now).await
    }

    /// Admits a registration of the address, and draws for the mail with its code in the same step, before anybody
    /// is looked up. Where the address has too little, the caller is told nothing.
    pub(crate) async fn admit_registration(
        &self,
        address: &EmailAddress,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<RegistrationDrawn, AdmitError> {
        let of_caller = self.draws_of_start(caller, None, StartKind::Registration, now).await;
        let (of_mail, used_up) = match self.draws_of_mail(address, MailCaller::Stranger, now) {
            Ok(draws) => (draws, None),
            Err(used_up) => (Vec::new(), Some(used_up)),
        };
        let refused = self.admit_with(&of_caller, &of_mail, now).await?;
        let used_up = used_up.or_else(|| refused.first().map(|budget| budget.kind));
        let of_mail = if used_up.is_none() { of_mail } else { Vec::new() };
        Ok(RegistrationDrawn { of_caller, of_mail, posting: posting(used_up) })
    }

    /// Admits a start that sends a code to the number, and draws for that in the same step, before anybody is
    /// looked up. Where the number has too little, the caller is told nothing.
    pub(crate) async fn admit_start_of_sms(
        &self,
        number: &PhoneNumber,
        caller: &Caller,
        known: Option<KnownDevice>,
        now: Timestamp,
    ) -> Result<SmsDrawn, AdmitError> {
        let draw = self.draw_of_sms(number, known);
        let explicit = self.draws_of_start(caller, known, StartKind::Send, now).await;
        let refused = self.admit_with(&explicit, slice::from_ref(&draw), now).await?;
        Ok(SmsDrawn { draw, refused: refused.first().map(|budget| budget.kind) })
    }

    /// What an SMS draws on its number; known devices draw in its place.
    pub(super) fn draw_of_sms(&self, number: &PhoneNumber, known: Option<KnownDevice>) -> Draw {
        let caller = if known.is_some() { SmsCaller::Known } else { SmsCaller::Stranger };
        sms_draw(&*self.digests, &self.limits, number, caller)
    }

    /// While the threat level is elevated, who has solved a puzzle draws on budgets beside those of the host, as they are set.
    async fn draws_of_start(
        &self,
        caller: &Caller,
        known: Option<KnownDevice>,
        kind: StartKind,
        now: Timestamp,
    ) -> Vec<Draw> {
        let solved = self.solved(caller, now).await;
        match (known, solved) {
            (Some(device), _) => self.device_draws(caller, device),
            (None, Some(once)) => [self.stranger_draws(caller, kind, Standing::Solver), once].concat(),
            (None, None) => self.stranger_draws(caller, kind, Standing::Stranger),
        }
    }

    /// The puzzle that lets a caller through who was limited; none while limits are as set, or once it was solved.
    pub async fn puzzle_for(&self, caller: &Caller) -> Option<AskedPuzzle> {
        let now = self.moment.now();
        let is_asked = self.spray.threat_level() == ThreatLevel::Elevated && self.solved(caller, now).await.is_none();
        is_asked.then(|| self.puzzles.puzzle(&AddressSubjects::of(caller.address).host, now))
    }

    async fn solved(&self, caller: &Caller, now: Timestamp) -> Option<Vec<Draw>> {
        let answer = caller.answer.as_ref().filter(|_| self.spray.threat_level() == ThreatLevel::Elevated)?;
        self.puzzles.solved(&AddressSubjects::of(caller.address).host, answer, now).await
    }

    fn device_draws(&self, caller: &Caller, device: KnownDevice) -> Vec<Draw> {
        let of_starts = of_device(BudgetKind::IP_SENDS, device, &self.limits.ip_sends);
        vec![self.call_draw(caller, Some(device)), of_starts]
    }

    fn stranger_draws(&self, caller: &Caller, kind: StartKind, standing: Standing) -> Vec<Draw> {
        let (limits, subjects) = (&self.limits, AddressSubjects::of(caller.address));
        let around = |kind, subject: &str, limit| match standing {
            Standing::Stranger => self.around(kind, subject, limit),
            // A quarter of a limit uses up the whole of it, so there is another one.
            Standing::Solver => self.one(kind, &format!("{subject} solved"), limit),
        };
        let mut draws = vec![
            around(BudgetKind::IP_CREDENTIALS, &subjects.host, &limits.ip_credentials),
            around(BudgetKind::IP_SENDS, &subjects.host, &limits.ip_sends),
            around(BudgetKind::NET_SENDS, &subjects.network, &limits.net_sends),
        ];
        if kind == StartKind::Registration {
            draws.push(around(BudgetKind::IP_REGISTRATIONS, &subjects.host, &limits.ip_registrations));
        }
        draws
    }

    /// What anybody's start draws.
    pub(super) fn start_draws(&self, caller: &Caller, kind: StartKind) -> Vec<Draw> {
        self.stranger_draws(caller, kind, Standing::Stranger)
    }

    /// What a setup draws that proves nothing: as many as changes of an account, for each session its own.
    pub(crate) fn setup_draw(&self, session: SessionId) -> Draw {
        self.one(BudgetKind::TOTP_SETUPS, &session.to_string(), &self.limits.sensitive_changes)
    }

    /// What a change to an account takes from limits that refuse explicitly.
    pub(crate) fn change_draws(&self, caller: &Caller, user: UserId, is_identifier: bool) -> Vec<Draw> {
        let user = user.to_string();
        let mut draws = vec![self.one(BudgetKind::SENSITIVE_CHANGES, &user, &self.limits.sensitive_changes)];
        if is_identifier {
            draws.push(self.one(BudgetKind::IDENTIFIER_CHANGES, &user, &self.limits.identifier_changes));
            draws.extend(self.stranger_draws(caller, StartKind::Send, Standing::Stranger));
        }
        draws
    }

    /// Gives back what a registration drew whose password nobody may have; the call itself stays counted.
    pub(crate) async fn registration_was_refused(
        &self,
        drawn: RegistrationDrawn,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.was_refused([drawn.of_caller, drawn.of_mail].concat(), now).await
    }

    /// Gives back what a registration drew for a mail that is not written.
    pub(crate) async fn registration_failed(&self, drawn: RegistrationDrawn, now: Timestamp) -> Result<(), StoreError> {
        self.budgets.refund(drawn.of_mail, now).await
    }

    /// Gives back what a call drew that asked for a password nobody may have; the call itself stays counted.
    pub(crate) async fn was_refused(&self, drawn: Vec<Draw>, now: Timestamp) -> Result<(), StoreError> {
        let drawn = drawn.into_iter().filter(|draw| draw.key.kind != BudgetKind::IP_CREDENTIALS);
        self.budgets.refund(drawn.collect(), now).await
    }
}
