use std::{fmt, time::Duration};

use serde::Deserialize;

/// Why a call gave nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address of the service cannot be called, or not safely; the text says why.
    #[error("the address of the service {0}")]
    Url(&'static str),
    /// Doorward refused the call.
    #[error(transparent)]
    Problem(#[from] Box<Problem>),
    /// Doorward was not reached, or its answer was lost.
    #[error("the service was not reached")]
    Transport(#[from] reqwest::Error),
    /// A session was named that is none: its id has other signs than those of a UUID.
    #[error("the id of the session is not a UUID")]
    SessionId,
    /// The call was cut off in the middle, as its runtime stopped.
    #[error("the call was cut off")]
    CutOff(#[from] tokio::task::JoinError),
    /// The answer is none of Doorward's: a proxy in between, perhaps.
    #[error("the answer with status {0} was not understood")]
    Answer(u16),
}

impl Error {
    /// The problem, where Doorward refused the call.
    pub fn problem(&self) -> Option<&Problem> {
        if let Self::Problem(problem) = self { Some(problem) } else { None }
    }

    /// Returns whether Doorward refused the call with that code, as `"flow_closed"`.
    pub fn is(&self, code: &str) -> bool {
        self.problem().is_some_and(|problem| problem.code == code)
    }
}

/// A refusal (RFC 9457); `docs/problems.md` has a section for each code.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// The stable name, to decide by.
    pub code: String,
    /// A short text for people.
    pub title: String,
    /// What exactly is wrong, in words.
    pub detail: Option<String>,
    /// Names the request in the log of the service.
    pub request_id: Option<String>,
    /// Every field that is wrong.
    #[serde(default)]
    pub errors: Vec<FieldError>,
    #[serde(rename = "retry_after")]
    retry_after_seconds: Option<u64>,
    /// The tries that are left in the flow; at 0 it is closed.
    pub attempts_left: Option<u8>,
    /// A puzzle whose answer lets the same call through: of a kind that this crate does not solve, or asked for again
    /// after an answer.
    pub puzzle: Option<Puzzle>,
}

impl Problem {
    /// The time to wait before the next try.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after_seconds.map(Duration::from_secs)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.title)
    }
}

/// The fault of one field.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct FieldError {
    /// The name of the field.
    pub field: String,
    /// The kind of fault.
    pub code: String,
    /// A text for people that continues "The field …".
    pub message: String,
}

/// A puzzle, answered in the header `X-Puzzle-Answer`; those of proof of work are solved by this crate.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Puzzle {
    /// How it is solved.
    pub kind: String,
    /// The puzzle.
    pub text: String,
}
