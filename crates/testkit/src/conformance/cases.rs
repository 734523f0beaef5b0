/// Makes a test of every rule that a store must keep: `conformance!(fresh)`.
///
/// `fresh` is an `async fn() -> (Stores, Guard)` that gives an empty store; the guard, which
/// may be `()`, lives as long as the test. Tests are named `port::rule`.
#[macro_export]
macro_rules! conformance {
    ($fresh:expr) => {
        $crate::conformance_cases! { $fresh;
            challenges {
                what_was_never_started_is_not_found,
            }
        }
    };
}

/// One module a port and one test a case; [`conformance!`](crate::conformance!) has the list.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_cases {
    ($fresh:expr; $($port:ident { $($case:ident,)* })*) => {$(
        mod $port {
            #[allow(unused_imports, reason = "the path of the store may be absolute")]
            use super::*;

            $(
                #[test]
                fn $case() {
                    $crate::conformance::run($fresh, $crate::conformance::$port::$case);
                }
            )*
        }
    )*};
}
