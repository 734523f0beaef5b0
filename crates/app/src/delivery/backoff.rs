use std::time::Duration;

use doorward_kernel::Random;

/// The wait of a failed message: twice as long each time, give or take half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The wait after the first failure.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
}

impl Backoff {
    /// The wait after so many failures, the first being one; between half and one and a half of its step.
    pub fn wait(&self, failures: u32, random: &dyn Random) -> Duration {
        let step = self.first.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1))).min(self.longest);
        let mut byte = [0];
        random.fill(&mut byte);
        step / 2 + step.saturating_mul(u32::from(byte[0])) / 256
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Constant(u8);

    impl Random for Constant {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn waits_double_up_to_the_longest_and_spread_by_half() {
        let backoff = Backoff { first: Duration::from_secs(1), longest: Duration::from_mins(1) };

        assert_eq!(backoff.wait(1, &Constant(128)), Duration::from_secs(1));
        assert_eq!(backoff.wait(4, &Constant(128)), Duration::from_secs(8));
        assert_eq!(backoff.wait(40, &Constant(128)), Duration::from_mins(1));
        assert_eq!(backoff.wait(2, &Constant(0)), Duration::from_secs(1));
    }
}
