//! Clients that log in by password over and over, beside those that are measured.

use tokio::task::JoinSet;

use crate::{flows::password_step, person::Person};

/// Goes on until it is dropped.
pub(crate) struct Storm(#[allow(dead_code, reason = "it ends with its tasks")] JoinSet<()>);

impl Storm {
    /// Begins; whoever is refused tries again.
    pub(crate) fn of(people: Vec<Person>) -> Self {
        let mut storming = JoinSet::new();
        for person in people {
            storming.spawn(async move {
                loop {
                    let _ = password_step(&person).await;
                }
            });
        }
        Self(storming)
    }
}
