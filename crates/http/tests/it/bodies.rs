use actix_web::test::TestRequest;
use doorward_http::HttpSettings;
use doorward_kernel::Country;
use serde_json::{Value, json};

use crate::probe::{Answer, send, send_with, settings};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

async fn post(content_type: &str, body: impl Into<Vec<u8>>) -> Answer {
    let request = TestRequest::post().uri("/verify").set_payload(body.into());
    send(request.insert_header(("content-type", content_type))).await
}

/// The number that a body gives where numbers without `+` are German.
async fn number(content_type: &str, body: &str) -> String {
    let request = TestRequest::post().uri("/number").insert_header(("content-type", content_type));
    let settings = HttpSettings { default_region: Country::parse("DE"), ..settings() };
    send_with(settings, request.set_payload(body.to_owned())).await.body
}

fn errors(answer: &Answer) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let json = answer.json();
    json["errors"].as_array().unwrap().iter().map(|error| (text(&error["field"]), text(&error["code"]))).collect()
}

#[actix_web::test]
async fn json_and_forms_are_the_same_call() {
    assert_eq!(post(JSON, r#"{"otp":"012-345"}"#).await.status, 200);
    assert_eq!(post(FORM, "otp=012345").await.status, 200);
    assert_eq!(post("application/json; charset=UTF-8", r#"{"otp":"012345","email":null}"#).await.status, 200);
}

#[actix_web::test]
async fn a_byte_order_mark_does_not_matter() {
    assert_eq!(post(JSON, "\u{feff}{\"otp\":\"012345\"}").await.status, 200);
    assert_eq!(post(FORM, "\u{feff}otp=012345").await.status, 200);
}

#[actix_web::test]
async fn a_form_that_lost_the_plus_of_a_number_gives_the_same_number() {
    for body in [
        "phone_number=+447400123456",
        "phone_number=%2B447400123456",
        "phone_number=(+44)+7400+123456",
        "phone_number=0044+7400+123456",
        "phone_number=+0044+7400+123456",
    ] {
        assert_eq!(number(FORM, body).await, "+447400123456", "{body}");
    }
    assert_eq!(number(FORM, "phone_number=04471+20040").await, "+49447120040");
    assert_eq!(number(JSON, r#"{"phone_number": " 0447120040"}"#).await, "+49447120040");
    assert_eq!(number(JSON, r#"{"phone_number": " 447400123456"}"#).await, "+49447400123456");
}

#[actix_web::test]
async fn no_body_needs_no_type() {
    let answer = send(TestRequest::post().uri("/verify")).await;

    assert_eq!((answer.status, answer.code()), (422, "invalid".to_owned()));
    assert_eq!(errors(&answer), [("otp".to_owned(), "required".to_owned())]);
}

#[actix_web::test]
async fn any_other_kind_of_body_is_415() {
    let body = r#"{"otp":"012345"}"#;
    for content_type in ["text/plain", "application/json; charset=utf-16", "multipart/form-data; boundary=x", ""] {
        let answer = post(content_type, body).await;
        assert_eq!((answer.status, answer.code()), (415, "unsupported_media_type".to_owned()), "{content_type}");
    }
    assert_eq!(send(TestRequest::post().uri("/verify").set_payload(body)).await.status, 415);
}

#[actix_web::test]
async fn a_compressed_body_is_415() {
    let request = TestRequest::post().uri("/verify").insert_header(("content-type", JSON)).set_payload("\x1f");

    assert_eq!(send(request.insert_header(("content-encoding", "gzip"))).await.code(), "unsupported_media_type");
}

#[actix_web::test]
async fn what_is_no_json_object_is_400() {
    for body in ["[]", "\"\"", "null", "{", "\u{feff}", "{}\u{feff}", r#"{"otp":"\ud800"}"#, r#"{"otp":NaN}"#] {
        let answer = post(JSON, body).await;
        assert_eq!((answer.status, answer.code()), (400, "malformed".to_owned()), "{body}");
    }
    assert_eq!(post(JSON, b"{\"otp\":\"\xff\"}".to_vec()).await.code(), "malformed");
}

#[actix_web::test]
async fn a_member_given_twice_is_400_and_named() {
    for (content_type, body) in [(JSON, r#"{"otp":"1","otp":"2"}"#), (FORM, "otp=1&otp=2")] {
        let answer = post(content_type, body).await;

        assert_eq!((answer.status, answer.code()), (400, "duplicate_field".to_owned()));
        assert_eq!(errors(&answer), [("otp".to_owned(), "duplicate_field".to_owned())]);
    }
}

#[actix_web::test]
async fn a_code_is_a_string() {
    for value in [json!(123_456), json!(["012345"]), json!(true), json!({ "$ne": "" })] {
        let answer = post(JSON, json!({ "otp": value }).to_string()).await;

        assert_eq!((answer.status, answer.code()), (422, "invalid".to_owned()), "{value}");
        assert_eq!(errors(&answer), [("otp".to_owned(), "type".to_owned())]);
    }
}

#[actix_web::test]
async fn null_and_a_missing_member_are_the_same() {
    for body in ["{}", r#"{"otp":null}"#] {
        assert_eq!(errors(&post(JSON, body).await), [("otp".to_owned(), "required".to_owned())], "{body}");
    }
}

#[actix_web::test]
async fn unknown_members_are_422_and_named() {
    let answer = post(JSON, r#"{"otp":"012345","is_admin":true,"user_id":"1"}"#).await;

    assert_eq!((answer.status, answer.code()), (422, "unknown_field".to_owned()));
    let expected = ["is_admin", "user_id"].map(|name| (name.to_owned(), "unknown_field".to_owned()));
    assert_eq!(errors(&answer), expected);
}

#[actix_web::test]
async fn all_faults_come_in_one_answer_and_echo_nothing() {
    let answer = post(JSON, r#"{"otp":"hunter2","email":"hunter2","role":"x"}"#).await;

    let expected = [("otp", "invalid"), ("email", "invalid"), ("role", "unknown_field")];
    assert_eq!(errors(&answer), expected.map(|(field, code)| (field.to_owned(), code.to_owned())));
    assert_eq!(answer.code(), "invalid");
    assert!(!answer.body.contains("hunter2"));
}

#[actix_web::test]
async fn json_that_was_sent_as_a_form_gets_one_answer_that_says_so() {
    for body in [
        r#"{"email":"ada@example.com","password":"hunter2","otp":"012345"}"#,
        " \r\n{\"password\":\"hunter2&hunter2&hunter2\"}",
        "\u{feff}{\"password\":\"hunter2=hunter2\"}",
        "%7B%22password%22%3A%22hunter2%22%7D=",
        "%7b\"password\": \"hunter2",
    ] {
        let answer = post(FORM, body).await;

        assert_eq!((answer.status, answer.code()), (415, "unsupported_media_type".to_owned()), "{body}");
        assert_eq!(
            answer.json()["detail"],
            "the body is JSON and was sent as a form; send it with Content-Type: application/json"
        );
        assert!(!answer.body.contains("hunter2"), "{}", answer.body);
    }
}

#[actix_web::test]
async fn a_secret_in_the_place_of_a_name_is_not_repeated() {
    for (media_type, body) in [
        (FORM, "password=abc&S3cret-otter"),
        (FORM, "password=abc&otter"),
        (FORM, "password=abc&otter&otter"),
        (FORM, "[\"S3cret-otter\"]"),
        (FORM, "otp=1&S3cret-otter=x"),
        (FORM, "password=a&otter lamp=x"),
        (FORM, "password=abc&otter%21=x&otter%21=y"),
        (JSON, r#"{"S3cret-otter":"password"}"#),
        (JSON, r#"{"otter@example.com":"S3cret"}"#),
        (JSON, r#"{"otter-otter-otter-otter-otter-otter":1}"#),
        (JSON, r#"{"":{"S3cret otter":1,"S3cret otter":1}}"#),
        (JSON, r#"{"password":"S3cret-otter""#),
        (JSON, "password=S3cret-otter"),
        ("text/plain", "password=S3cret-otter"),
        ("multipart/form-data; boundary=S3cret-otter", "--S3cret-otter"),
    ] {
        let answer = post(media_type, body).await;

        assert!((400..500).contains(&answer.status), "{body}");
        assert!(!answer.body.contains("otter") && !answer.body.contains("S3cret"), "{body}: {}", answer.body);
    }
}

#[actix_web::test]
async fn what_looks_like_a_name_is_named() {
    for name in ["firstName", "e-mail", "user[email]", "address2", "_csrf", "a.b"] {
        let answer = post(FORM, format!("otp=012345&{name}=1")).await;

        assert_eq!(errors(&answer), [(name.to_owned(), "unknown_field".to_owned())]);
    }
}

#[actix_web::test]
async fn a_body_has_at_most_16_kib() {
    let body = |length: usize| format!(r#"{{"otp":"{}"}}"#, "1".repeat(length - 10));

    assert_eq!(post(JSON, body(16_384)).await.status, 422);
    let answer = post(JSON, body(16_385)).await;
    assert_eq!((answer.status, answer.code()), (413, "payload_too_large".to_owned()));
}
