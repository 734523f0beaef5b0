use doorward_kernel::ChallengeId;
use doorward_otp::Channel;

use crate::{
    App,
    flow::{FlowView, ResendError},
    limits::Caller,
};

/// The outcome of asking for a code again.
#[derive(Clone, Debug)]
pub enum Resent {
    /// It is sent again.
    Again(FlowView),
    /// A code by mail follows in its place, in the next step of the flow.
    ByMail(FlowView),
}

impl App {
    /// Sends the code of an open flow again.
    ///
    /// After a right password, a code that cannot go by mail gives way to one that lets the caller bind.
    #[tracing::instrument(level = "debug", name = "answers.resend", skip_all)]
    pub async fn resend(
        &self,
        flow: ChallengeId,
        channel: Option<Channel>,
        caller: &Caller,
    ) -> Result<Resent, ResendError> {
        match self.verification.resend(flow, channel, caller).await {
            // A flow that is closed may be so by the same call, made twice.
            Err(ResendError::OtherChannel | ResendError::Closed) if channel == Some(Channel::Email) => {
                self.binding.ask_by_mail(flow, caller).await.map(Resent::ByMail)
            }
            resent => resent.map(Resent::Again),
        }
    }
}
