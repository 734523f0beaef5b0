use super::{recently_refused::RecentlyRefused, recently_told::RecentlyTold};

/// What a node remembers for a while, so that a flood costs few statements.
#[derive(Debug, Default)]
pub struct Memory {
    /// Whom it has just refused.
    pub(super) refused: RecentlyRefused,
    /// What it has told.
    pub(super) told: RecentlyTold,
}
