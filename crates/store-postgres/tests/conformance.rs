//! PostgreSQL keeps every promise of the ports; what each case asks is answered by a key.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail at once")]

mod support;

use std::process::ExitCode;

fn main() -> ExitCode {
    doorward_testkit::conformance::run(support::fresh)
}
