//! Budgets, backoff, breakers, conversion breakers and SMS fraud rules as arithmetic over values.
//!
//! Nothing here does I/O or asks for the time: callers pass `now`, stores keep what they are
//! given. The state of a budget is one instant, so a row is one column and a draw one guarded
//! update ([`gcra`]); [`Budgets`] is the port, [`Ledger`] the reference in memory.
//!
//! ```
//! use doorward_kernel::Timestamp;
//! use doorward_limit::{AddressSubjects, BudgetKey, BudgetKind, Draw, Ledger, Limit, retry_after_until};
//!
//! let subjects = AddressSubjects::of("2001:db8:1:2::77".parse().unwrap());
//! assert_eq!(subjects.host, "2001:db8:1:2::/64");
//!
//! // A service would digest the subject under a key, by `BudgetKey::new`.
//! let key = BudgetKey { kind: BudgetKind::new("api_calls"), subject: [7; 32] };
//! let draws = [Draw::one(key, Limit::parse_all(&["2/1m", "100/1d"]).unwrap())];
//! let mut ledger = Ledger::default();
//! let now = Timestamp::from_micros(0);
//!
//! assert_eq!(ledger.draw(&draws, now).retry_at(), None);
//! assert_eq!(ledger.draw(&draws, now).retry_at(), None);
//! let retry_at = ledger.draw(&draws, now).retry_at().unwrap();
//! assert_eq!(retry_after_until(retry_at, now), 30);
//! ```

mod address;
mod allowed_countries;
mod attack_detector;
mod budget_key;
mod budgets;
mod check_counts;
mod conversion_breaker;
mod draw;
pub mod gcra;
mod ledger;
mod limit;
mod limits;
mod lockout;
mod lockouts;
mod mail_draws;
mod proof_of_work;
mod rate;
mod retry;
mod sms_destination;
mod sms_guard;
mod threat_level;

pub use address::AddressSubjects;
pub use allowed_countries::AllowedCountries;
pub use attack_detector::{AttackDetector, Check, CheckSlot, DetectorPolicy};
pub use budget_key::{BudgetKey, BudgetKind, Digests};
pub use budgets::Budgets;
pub use check_counts::{CheckCounts, CheckKind};
pub use conversion_breaker::{BreakerPolicy, BreakerVerdict, ConversionBreaker, SentCode};
pub use doorward_kernel::NumberKind;
pub use draw::{BudgetRow, Draw, DrawDecision, DrawOutcome, Leased, Refusal, RowDraw, decide, rows_of};
pub use gcra::Decision;
pub use ledger::Ledger;
pub use limit::{Limit, LimitError};
pub use limits::Limits;
pub use lockout::{Lockout, LockoutPolicy, LockoutVerdict};
pub use lockouts::{CountedTry, LockoutKey, LockoutTry, Lockouts};
pub use mail_draws::{MailCaller, mail_draws, shared_mail_draw};
pub use proof_of_work::{Puzzle, PuzzleDigests, PuzzleError, SolvedPuzzle, verify_puzzle};
pub use rate::{Rate, RateError};
pub use retry::{retry_after, retry_after_until};
pub use sms_destination::{ConversionBreakers, DestinationKind, SmsDestination, try_send};
pub use sms_guard::{SmsCaller, SmsFacts, SmsGuard, SmsRefusal, Standing, shared_sms_draws, sms_draw, sms_prefix};
pub use threat_level::ThreatLevel;

#[cfg(feature = "mock")]
pub use {
    budget_key::MockDigests, budgets::MockBudgets, check_counts::MockCheckCounts, lockouts::MockLockouts,
    proof_of_work::MockPuzzleDigests, sms_destination::MockConversionBreakers,
};
