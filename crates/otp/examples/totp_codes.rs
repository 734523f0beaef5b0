//! Prints seeds with the codes that we show for them, to be compared with another implementation.
//!
//! A line is the seed in base32, the half-minute since 1970, and the code.

#![allow(clippy::print_stdout, reason = "what it prints is what it is for")]

use doorward_otp::{TimeStep, TotpSeed};

fn main() {
    for n in 0..20_u8 {
        let seed = TotpSeed::from_bytes([n.wrapping_mul(97); 20]);
        for step in [0, 1, 37_037_036, 41_152_263, 66_666_666, u64::from(n) * 1_000_003] {
            println!("{} {step} {}", seed.base32().reveal(), seed.code(TimeStep(step)).reveal());
        }
    }
}
