//! Real requests to a stand-in for the range API.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{error::Error as _, time::Duration};

use doorward_breaches_hibp::{HibpError, HibpPasswords, HibpSettings};
use doorward_testkit::range_stub::RangeStub;
use doorward_user::{BreachedPasswords, Password};

/// The SHA-1 of `password`.
const DIGEST: &str = "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8";

fn at(url: &str) -> HibpPasswords {
    let timeout = Duration::from_secs(1);
    HibpPasswords::new(HibpSettings { url: url.parse().unwrap(), timeout }).unwrap()
}

async fn is_breached(stub: &RangeStub, password: &str) -> bool {
    at(&stub.url()).contains(&Password::parse(password).unwrap()).await.unwrap()
}

/// Why the look-up of `password` failed.
async fn failure(url: &str) -> HibpError {
    let error = at(url).contains(&Password::parse("password").unwrap()).await.unwrap_err();
    let words = format!("{error:?}");
    assert!(!words.contains("5BAA6") && !words.contains(&DIGEST[5..]), "{words}");
    match error.source().unwrap().downcast_ref() {
        Some(HibpError::Refused(status)) => HibpError::Refused(*status),
        Some(HibpError::TooLong) => HibpError::TooLong,
        Some(HibpError::Malformed) => HibpError::Malformed,
        Some(HibpError::Unreachable(_)) | None => panic!("no answer: {words}"),
    }
}

#[tokio::test]
async fn a_password_is_looked_up_by_five_digits_of_its_digest() {
    let stub = RangeStub::start().await;
    stub.breach(DIGEST);

    assert!(is_breached(&stub, "password").await);
    assert!(!is_breached(&stub, "teal-otter-9-quarry-lamp").await);

    let requests = stub.requests();
    assert!(requests[0].starts_with("GET /range/5BAA6 HTTP/1.1\r\n"), "{requests:?}");
    assert!(requests[0].to_lowercase().contains("\r\nadd-padding: true\r\n"), "{requests:?}");
    assert!(!requests.concat().contains(&DIGEST[5..12]), "{requests:?}");
}

#[tokio::test]
async fn the_digits_go_behind_the_url_however_it_ends() {
    let stub = RangeStub::start().await;

    let url = stub.url();
    for url in [url.as_str(), url.trim_end_matches('/')] {
        at(url).contains(&Password::parse("password").unwrap()).await.unwrap();
    }

    assert!(stub.requests().iter().all(|request| request.starts_with("GET /range/5BAA6 ")), "{:?}", stub.requests());
}

#[tokio::test]
async fn an_answer_that_is_no_range_is_a_failure() {
    let stub = RangeStub::start().await;
    let elsewhere = RangeStub::start().await;
    let redirect = format!("HTTP/1.1 302 Found\r\nLocation: {}5BAA6\r\nContent-Length: 0\r\n\r\n", elsewhere.url());
    let line = format!("{}:0\r\n", "0".repeat(35));
    let endless = line.repeat(300 * 1024 / line.len());

    stub.answer_next("HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n");
    assert!(matches!(failure(&stub.url()).await, HibpError::Refused(503)));
    stub.answer_next(redirect);
    assert!(matches!(failure(&stub.url()).await, HibpError::Refused(302)));
    stub.answer_next("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>");
    assert!(matches!(failure(&stub.url()).await, HibpError::Malformed));
    stub.answer_next(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{endless}", endless.len()));
    assert!(matches!(failure(&stub.url()).await, HibpError::TooLong));

    assert_eq!(elsewhere.requests(), [""; 0]);
}

#[tokio::test]
async fn who_does_not_answer_is_not_waited_for() {
    let stub = RangeStub::start().await;
    stub.fall_silent();
    let password = Password::parse("password").unwrap();

    let silent = at(&stub.url()).contains(&password).await.unwrap_err();
    let url = stub.url();
    drop(stub);
    let gone = at(&url).contains(&password).await.unwrap_err();

    for error in [silent, gone] {
        let cause = error.source().unwrap().downcast_ref();
        assert!(matches!(cause, Some(HibpError::Unreachable(_))), "{error:?}");
        assert!(!format!("{error:?}").contains("5BAA6"), "{error:?}");
    }
}
