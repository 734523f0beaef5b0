use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use tokio::runtime::Builder;

use super::{Stores, case::Case};

/// The cases of every module.
const PORTS: &[(&str, &[Case])] = &[
    ("accounts", super::accounts::CASES),
    ("added_authenticators", super::added_authenticators::CASES),
    ("audit", super::audit::CASES),
    ("authenticators", super::authenticators::CASES),
    ("batches", super::batches::CASES),
    ("bindings", super::bindings::CASES),
    ("buckets", super::buckets::CASES),
    ("challenges", super::challenges::CASES),
    ("check_counts", super::check_counts::CASES),
    ("claims", super::claims::CASES),
    ("completions", super::completions::CASES),
    ("conversion_breakers", super::conversion_breakers::CASES),
    ("deletions", super::deletions::CASES),
    ("deliveries", super::deliveries::CASES),
    ("epoch_uses", super::epoch_uses::CASES),
    ("epochs", super::epochs::CASES),
    ("flows", super::flows::CASES),
    ("imports", super::imports::CASES),
    ("incidents", super::incidents::CASES),
    ("lockouts", super::lockouts::CASES),
    ("new_addresses", super::new_addresses::CASES),
    ("new_devices", super::new_devices::CASES),
    ("new_numbers", super::new_numbers::CASES),
    ("number_uses", super::number_uses::CASES),
    ("outbox", super::outbox::CASES),
    ("outbox_entries", super::outbox_entries::CASES),
    ("own_sessions", super::own_sessions::CASES),
    ("password_logins", super::password_logins::CASES),
    ("pending_authenticators", super::pending_authenticators::CASES),
    ("pending_seeds", super::pending_seeds::CASES),
    ("phone_logins", super::phone_logins::CASES),
    ("phone_verifications", super::phone_verifications::CASES),
    ("profiles", super::profiles::CASES),
    ("recoveries", super::recoveries::CASES),
    ("recovery_codes", super::recovery_codes::CASES),
    ("registrations", super::registrations::CASES),
    ("repeats", super::repeats::CASES),
    ("resource_servers", super::resource_servers::CASES),
    ("reused_sessions", super::reused_sessions::CASES),
    ("sealed_seeds", super::sealed_seeds::CASES),
    ("sealed_verifiers", super::sealed_verifiers::CASES),
    ("session_caps", super::session_caps::CASES),
    ("session_clients", super::session_clients::CASES),
    ("sessions", super::sessions::CASES),
    ("setups", super::setups::CASES),
    ("sms_pauses", super::sms_pauses::CASES),
    ("spent_codes", super::spent_codes::CASES),
    ("step_ups", super::step_ups::CASES),
    ("totp_codes", super::totp_codes::CASES),
    ("undone_factors", super::undone_factors::CASES),
    ("undos", super::undos::CASES),
    ("users", super::users::CASES),
];

/// Runs every case on a store of its own, as the `main` of a test binary with `harness = false`.
///
/// `fresh` gives an empty store; the guard beside it, which may be `()`, is kept until the case has ended.
/// Cases are named `port::rule`; the arguments are those of other tests: a filter, `--exact`, `--list`, `--test-threads`.
pub fn run<G>(fresh: impl AsyncFn() -> (Stores, G) + Copy + Send + 'static) -> ExitCode {
    let cases = PORTS.iter().flat_map(|(port, cases)| cases.iter().map(move |case| (port, case)));
    let trials = cases.map(|(port, case)| {
        Trial::test(format!("{port}::{}", case.name), move || {
            check(&fresh, case);
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

/// Checks one case, on a runtime of its own with four threads.
fn check<G>(fresh: &impl AsyncFn() -> (Stores, G), case: &Case) {
    let runtime = Builder::new_multi_thread().worker_threads(4).enable_all().build().expect("no runtime can be made");
    runtime.block_on(async {
        let (stores, _guard) = fresh().await;
        (case.check)(&stores).await;
    });
}
