use actix_web::{Handler, HttpRequest, web};

use crate::{Caller, ProblemCode};

/// The problems that an extractor refuses a call with, or that an error of a use case is mapped to.
pub(crate) trait Refusals {
    fn codes() -> Vec<ProblemCode>;
}

/// A call, and the problems of its own.
pub(crate) struct Operation {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) codes: Vec<ProblemCode>,
}

/// The problems that the extractors of a handler answer.
pub(crate) fn of_handler<F: Handler<Args>, Args: Refusals>(_: F) -> Vec<ProblemCode> {
    Args::codes()
}

/// Says what types refuse calls with.
macro_rules! refusals {
    ($($type:ty => [$($code:ident),*];)+) => {
        $(
            impl $crate::openapi::Refusals for $type {
                fn codes() -> Vec<$crate::ProblemCode> {
                    vec![$($crate::ProblemCode::$code),*]
                }
            }
        )+
    };
}

pub(crate) use refusals;

refusals! {
    HttpRequest => [];
    Caller => [];
    web::Payload => [];
}

impl<T: ?Sized> Refusals for web::Data<T> {
    fn codes() -> Vec<ProblemCode> {
        Vec::new()
    }
}

impl<T> Refusals for web::Path<T> {
    fn codes() -> Vec<ProblemCode> {
        Vec::new()
    }
}

macro_rules! tuples {
    ($(($($member:ident),+);)+) => {
        $(
            impl<$($member: Refusals),+> Refusals for ($($member,)+) {
                fn codes() -> Vec<ProblemCode> {
                    [$($member::codes()),+].concat()
                }
            }
        )+
    };
}

tuples! {
    (A);
    (A, B);
    (A, B, C);
    (A, B, C, D);
    (A, B, C, D, E);
}
