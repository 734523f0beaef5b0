use aws_lc_rs::error::Unspecified;
use doorward_kernel::Secret;

/// The order of P-256 (SEC 2, section 2.4.2).
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// The first candidate that is a P-256 private key: from 1 to the order less 1.
///
/// Trying again instead of reducing keeps every key equally likely (FIPS 186-5, appendix A.2.2);
/// a candidate fails in one of 2^32 cases.
pub(super) fn first_scalar(
    candidate: impl Fn(u8) -> Result<Secret<[u8; 32]>, Unspecified>,
) -> Result<Secret<[u8; 32]>, Unspecified> {
    for counter in 0..=u8::MAX {
        let scalar = candidate(counter)?;
        if *scalar.reveal() != [0; 32] && *scalar.reveal() < ORDER {
            return Ok(scalar);
        }
    }
    Err(Unspecified)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_out_of_range_are_passed_over() {
        let mut largest = ORDER;
        largest[31] -= 1;
        let candidates = [[0; 32], ORDER, [0xff; 32], largest];

        let scalar = first_scalar(|counter| Ok(Secret::new(candidates[usize::from(counter)]))).unwrap();

        assert_eq!(*scalar.reveal(), largest);
    }

    #[test]
    fn a_source_without_scalars_gives_no_key() {
        assert!(first_scalar(|_| Ok(Secret::new([0xff; 32]))).is_err());
    }
}
