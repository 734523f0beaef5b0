use super::FlowView;
use crate::SignedIn;

/// The outcome of a step of a login.
#[derive(Clone, Debug)]
pub enum LoginStep {
    /// A session.
    SignedIn(Box<SignedIn>),
    /// Another step.
    More(FlowView),
}
