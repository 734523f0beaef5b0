use argon2::{Argon2, Block, Params};
use zeroize::Zeroize;

use crate::password::{HashParameters, work::Variant};

/// Memory that a thread hashes in again and again: fresh pages would cost as much as hashing.
pub(super) struct Arena {
    blocks: Vec<Block>,
    kept: usize,
}

impl Arena {
    /// An arena that keeps the memory of hashes with these parameters.
    pub(super) fn new(parameters: HashParameters) -> Self {
        Self { blocks: Vec::new(), kept: parameters.memory_kib() as usize }
    }

    /// Fills the output, however long it is.
    pub(super) fn hash(
        &mut self,
        Variant { algorithm, version, parameters }: Variant,
        password: &[u8],
        salt: &[u8],
        output: &mut [u8],
    ) -> Result<(), argon2::Error> {
        let (memory, passes, lanes) = (parameters.memory_kib(), parameters.iterations(), parameters.parallelism());
        let params = Params::new(memory, passes, lanes, Some(output.len()))?;
        if self.blocks.len() < params.block_count() {
            self.blocks.resize(params.block_count(), Block::new());
        }
        let argon2 = Argon2::new(algorithm, version, params);
        let result = argon2.hash_password_into_with_memory(password, salt, output, &mut *self.blocks);
        self.blocks.iter_mut().zeroize();
        self.blocks.truncate(self.kept);
        self.blocks.shrink_to(self.kept);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference implementation's own test for m = 2^8, t = 2, p = 1, version 0x13.
    const REFERENCE: [u8; 32] = [
        0x9d, 0xfe, 0xb9, 0x10, 0xe8, 0x0b, 0xad, 0x03, 0x11, 0xfe, 0xe2, 0x0f, 0x9c, 0x0e, 0x2b, 0x12, 0xc1, 0x79,
        0x87, 0xb4, 0xca, 0xc9, 0x0c, 0x2e, 0xf5, 0x4d, 0x5b, 0x30, 0x21, 0xc6, 0x8b, 0xfe,
    ];

    #[test]
    fn a_used_arena_gives_the_reference_output() {
        let parameters = HashParameters::bounded(256, 2, 1).unwrap();
        let (mut arena, mut output) = (Arena::new(parameters), [0; 32]);

        for (password, salt) in [("another", b"differs!"), ("password", b"somesalt")] {
            arena.hash(Variant::own(parameters), password.as_bytes(), salt, &mut output).unwrap();
        }

        assert_eq!(output, REFERENCE);
    }

    #[test]
    fn memory_is_wiped_after_each_hash_and_kept_only_as_far_as_usual() {
        let usual = HashParameters::for_tests();
        let mut arena = Arena::new(usual);

        let larger = Variant::own(HashParameters::bounded(64, 1, 2).unwrap());
        arena.hash(larger, b"password", b"somesalt", &mut [0; 32]).unwrap();

        assert_eq!(arena.blocks.len(), 8);
        assert!(arena.blocks.iter().all(|block| block.as_ref().iter().all(|word| *word == 0)));
    }
}
