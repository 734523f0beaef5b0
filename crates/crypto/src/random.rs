use doorward_kernel::Random;

/// The random number generator of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsRandom;

impl Random for OsRandom {
    fn fill(&self, bytes: &mut [u8]) {
        // No caller could do anything sound with bytes that are not random.
        if getrandom::fill(bytes).is_err() {
            std::process::abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fill_differs() {
        let (mut first, mut second) = ([0; 32], [0; 32]);

        OsRandom.fill(&mut first);
        OsRandom.fill(&mut second);

        assert_ne!(first, second);
        assert_ne!(first, [0; 32]);
    }
}
