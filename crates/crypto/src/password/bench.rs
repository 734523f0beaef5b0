use std::{hint::black_box, num::NonZeroU32};

use aws_lc_rs::pbkdf2;
use doorward_kernel::Secret;
use md5::{Digest, Md5};

use crate::password::{
    HashParameters,
    arena::Arena,
    work::{Prf, ScryptCosts, Unit, Variant, Work},
};

/// bcrypt reads no more of a password, its closing zero included.
const BCRYPT_BYTES: usize = 72;

/// A thread's memory for hashing, and the record of what one check has taken.
///
/// All hashing is done here, so nothing of it is left out of the record.
pub(crate) struct Bench {
    arena: Arena,
    spent: Spent,
}

/// The hashes that have been computed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spent(Vec<Work>);

impl Bench {
    /// A bench that keeps the memory of hashes with these parameters.
    pub(crate) fn new(usual: HashParameters) -> Self {
        Self { arena: Arena::new(usual), spent: Spent::default() }
    }

    /// The record since it was last taken.
    pub(crate) fn take_spent(&mut self) -> Spent {
        std::mem::take(&mut self.spent)
    }

    pub(crate) fn spent(&self) -> &Spent {
        &self.spent
    }

    pub(crate) fn argon2(
        &mut self,
        variant: Variant,
        password: &[u8],
        salt: &[u8],
        output: &mut [u8],
    ) -> Result<(), argon2::Error> {
        self.spent.add(Work::once(Unit::Argon2(variant)));
        self.arena.hash(variant, password, salt, output)
    }

    /// Hashes the first 72 bytes of the password and the zero behind it.
    pub(crate) fn bcrypt(&mut self, cost: u32, salt: [u8; 16], password: &[u8]) -> [u8; 24] {
        self.spent.add(Work::once(Unit::Bcrypt { cost }));
        let input = password.iter().copied().chain([0]).take(BCRYPT_BYTES).collect::<Vec<_>>();
        bcrypt::bcrypt(cost, salt, Secret::new(input).reveal())
    }

    /// `None` when the parameters are none.
    pub(crate) fn scrypt(&mut self, costs: ScryptCosts, password: &[u8], salt: &[u8], output: &mut [u8]) -> Option<()> {
        self.spent.add(Work::once(Unit::Scrypt(costs)));
        scrypt::scrypt(password, salt, &scrypt::Params::new(costs.log_n, costs.r, costs.p).ok()?, output).ok()
    }

    pub(crate) fn pbkdf2(&mut self, prf: Prf, iterations: NonZeroU32, password: &[u8], salt: &[u8], output: &mut [u8]) {
        self.spent.add(Work::pbkdf2(prf, iterations, output.len()));
        pbkdf2::derive(prf.algorithm(), iterations, salt, password, output);
    }

    /// Iterates MD5 over its own output and the password.
    pub(crate) fn phpass(&mut self, iterations: u32, password: &[u8], salt: &[u8]) -> [u8; 16] {
        self.spent.add(Work { unit: Unit::Phpass, count: iterations });
        let md5 = |first: &[u8]| Md5::new().chain_update(first).chain_update(password).finalize();
        (0..iterations).fold(md5(salt), |hash, _| md5(&hash)).into()
    }

    /// Does the work in vain.
    pub(crate) fn burn(&mut self, Work { unit, count }: Work, password: &[u8]) {
        const SALT: [u8; 16] = [0; 16];
        let mut output = [0; 64];
        match unit {
            Unit::Argon2(variant) => repeat(count, || self.argon2(variant, password, &SALT, &mut output)),
            Unit::Bcrypt { cost } => repeat(count, || self.bcrypt(cost, SALT, password)),
            Unit::Scrypt(costs) => repeat(count, || self.scrypt(costs, password, &SALT, &mut output)),
            Unit::Pbkdf2(prf) => {
                if let (Some(iterations), Some(block)) = (NonZeroU32::new(count), output.get_mut(..prf.block_bytes())) {
                    self.pbkdf2(prf, iterations, password, &SALT, block);
                }
            }
            Unit::Phpass => repeat(1, || self.phpass(count, password, &SALT)),
        }
        black_box(output);
    }
}

/// Does work whose results nobody needs, and which may not be left out for that.
fn repeat<T>(count: u32, mut work: impl FnMut() -> T) {
    for _ in 0..count {
        drop(black_box(work()));
    }
}

impl Spent {
    pub(crate) fn add(&mut self, work: Work) {
        match self.0.iter_mut().find(|done| done.unit == work.unit) {
            Some(done) => done.count = done.count.saturating_add(work.count),
            None => self.0.push(work),
        }
    }

    /// Returns how often the computation was done.
    pub(crate) fn count(&self, unit: Unit) -> u32 {
        self.0.iter().find(|done| done.unit == unit).map_or(0, |done| done.count)
    }

    #[cfg(test)]
    pub(crate) fn sorted(self) -> Vec<String> {
        let mut works: Vec<_> = self.0.iter().map(|work| format!("{} {work}", work.count)).collect();
        works.sort();
        works
    }
}
