use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// A value that is wiped when dropped and never shown by `Debug`.
///
/// It has no `Display`, no `PartialEq` and no serialisation: compare in constant time, and
/// leave through [`Secret::reveal`] only where the secret is used.
///
/// ```compile_fail
/// use doorward_kernel::Secret;
/// assert!(Secret::new(vec![1]) == Secret::new(vec![1]));
/// ```
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes the value to keep.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself, for the moment of its use.
    pub const fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_a_secret() {
        let secret = Secret::new("hunter2".to_owned());

        assert_eq!(format!("{secret:?}"), "[redacted]");
    }
}
