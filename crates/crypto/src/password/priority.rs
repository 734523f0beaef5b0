/// The nice value of hashing: where something else wants the core, it gets about a tenth of it (sched(7)).
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// Lets every thread of the process that is not hashing go before the calling one.
///
/// On Linux alone: elsewhere the process has one nice value for all its threads.
pub(super) fn lower() {
    // Without it hashing goes on, only in the way of others.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(NICENESS);
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::thread;

    use rustix::process::getpriority_process;

    use super::*;

    #[test]
    fn one_thread_steps_back_and_the_others_stay() {
        let before = getpriority_process(None).unwrap();

        let of_hashing = thread::spawn(|| {
            lower();
            getpriority_process(None).unwrap()
        });

        assert_eq!(of_hashing.join().unwrap(), (before + NICENESS).min(19));
        assert_eq!(getpriority_process(None).unwrap(), before);
    }
}
