/// The memory that hashing may take over all threads, and the most for one hash, in KiB: 256 MiB.
pub(super) const MEMORY_BUDGET_KIB: u32 = 256 * 1024;
const MAX_PARALLELISM: u32 = 16;

/// The cost parameters of an Argon2id hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashParameters {
    memory_kib: u32,
    iterations: u32,
    parallelism: u32,
}

/// Why parameters are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashParametersError {
    /// A hash would be too cheap to guess against.
    #[error("must use at least {least_memory_kib} KiB with that many iterations")]
    TooCheap {
        /// The least memory for the iterations asked for.
        least_memory_kib: u32,
    },
    /// A parameter is zero, or a hash would cost more than a server can give.
    #[error("must use 1 to 16 iterations and lanes, and at most 256 MiB")]
    OutOfRange,
}

impl Default for HashParameters {
    /// 19 MiB, two iterations, one lane (OWASP Password Storage Cheat Sheet).
    fn default() -> Self {
        Self { memory_kib: 19_456, iterations: 2, parallelism: 1 }
    }
}

impl HashParameters {
    /// The most passes over the memory.
    pub const MAX_ITERATIONS: u32 = 16;

    /// Takes parameters that are neither too cheap nor too dear.
    ///
    /// The least memory is 46 MiB with one iteration, 19 MiB with two and 12 MiB with more
    /// (OWASP Password Storage Cheat Sheet).
    pub fn new(memory_kib: u32, iterations: u32, parallelism: u32) -> Result<Self, HashParametersError> {
        let parameters = Self::bounded(memory_kib, iterations, parallelism).ok_or(HashParametersError::OutOfRange)?;
        let least_memory_kib = match iterations {
            0 | 1 => 47_104,
            2 => 19_456,
            3.. => 12_288,
        };
        if memory_kib < least_memory_kib {
            return Err(HashParametersError::TooCheap { least_memory_kib });
        }
        Ok(parameters)
    }

    /// The cheapest hash there is, for tests only: it protects no password.
    pub const fn for_tests() -> Self {
        Self { memory_kib: 8, iterations: 1, parallelism: 1 }
    }

    /// Takes what a stored verifier asks for, however cheap; `None` when it would tie up the machine.
    pub(crate) fn bounded(memory_kib: u32, iterations: u32, parallelism: u32) -> Option<Self> {
        let is_bounded = (1..=Self::MAX_ITERATIONS).contains(&iterations)
            && (1..=MAX_PARALLELISM).contains(&parallelism)
            && (8 * parallelism..=MEMORY_BUDGET_KIB).contains(&memory_kib);
        is_bounded.then_some(Self { memory_kib, iterations, parallelism })
    }

    /// The memory of a hash, in KiB.
    pub const fn memory_kib(self) -> u32 {
        self.memory_kib
    }

    /// Returns how often the memory is filled.
    pub const fn iterations(self) -> u32 {
        self.iterations
    }

    /// The number of lanes.
    pub const fn parallelism(self) -> u32 {
        self.parallelism
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_than_the_least_memory_is_refused() {
        for (iterations, least_memory_kib) in [(1, 47_104), (2, 19_456), (3, 12_288), (4, 12_288)] {
            assert!(HashParameters::new(least_memory_kib, iterations, 1).is_ok());
            assert_eq!(
                HashParameters::new(least_memory_kib - 1, iterations, 1),
                Err(HashParametersError::TooCheap { least_memory_kib })
            );
        }
    }

    #[test]
    fn what_no_server_can_give_is_refused() {
        for (memory_kib, iterations, parallelism) in
            [(19_456, 0, 1), (19_456, 2, 0), (19_456, 17, 1), (19_456, 2, 17), (u32::MAX, 1, 1), (7, 1, 1), (15, 1, 2)]
        {
            assert_eq!(HashParameters::bounded(memory_kib, iterations, parallelism), None);
        }
    }

    #[test]
    fn the_default_meets_its_own_floor() {
        let default = HashParameters::default();

        assert_eq!(HashParameters::new(default.memory_kib, default.iterations, default.parallelism), Ok(default));
    }
}
