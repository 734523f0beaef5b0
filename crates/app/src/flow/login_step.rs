use super::FlowView;
use crate::SignedIn;

/// What a step of a login leads to.
#[derive(Clone, Debug)]
pub enum LoginStep {
    /// A session.
    SignedIn(Box<SignedIn>),
    /// Another step.
    More(FlowView),
}
