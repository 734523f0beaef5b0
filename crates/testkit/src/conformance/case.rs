use std::pin::Pin;

use super::Stores;

/// A rule that every store must keep, and its check on an empty store.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) check: for<'a> fn(&'a Stores) -> Pin<Box<dyn Future<Output = ()> + 'a>>,
}

/// Lists the cases of a module as its `CASES`.
///
/// Cases are private, so the compiler reports one that is not in the list as dead code.
macro_rules! cases {
    [$($case:ident),* $(,)?] => {
        pub(super) const CASES: &[super::case::Case] =
            &[$(super::case::Case { name: stringify!($case), check: |stores| Box::pin($case(stores)) }),*];
    };
}
