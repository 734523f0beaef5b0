//! The document of the API against the handlers that it tells of.

use std::{collections::BTreeSet, sync::Arc};

use doorward_session::Scope;
use doorward_testkit::fixtures;
use doorward_user::User;
use serde_json::Value;

use super::{
    forgot_password::ForgotPasswordRequest, introspect::TokenRequest, login::LoginRequest, operations,
    otp_verification::ProofRequest, register::RegisterRequest, resend_otp::ResendRequest,
    reset_password::ResetPasswordRequest, step_up::StepUpRequest, token_refresh::RefreshRequest,
    totp_confirm::ConfirmRequest, totp_remove::PasswordAndCodeRequest, undo_change::UndoRequest, update::UpdateRequest,
    update_details::UpdateDetailsRequest, verify_email::CodeRequest,
};
use crate::{Fields, HttpSettings, Reader, fields_of, openapi_json};

/// The fields that a call asks for in the session of some account.
fn asked<T>(read: impl FnOnce(&mut Reader, &User) -> Option<T>) -> Vec<&'static str> {
    let settings = HttpSettings::new(url::Url::parse("http://127.0.0.1").unwrap());
    let mut reader = Reader::new(Fields::default(), Arc::new(settings));
    read(&mut reader, &fixtures::user(1));
    reader.asked().to_vec()
}

fn document() -> Value {
    serde_json::from_str(&openapi_json().unwrap()).unwrap()
}

#[test]
fn every_route_is_documented_under_its_own_path() {
    let document = document();
    let operations = operations();

    for operation in &operations {
        assert!(
            document["paths"][operation.path][operation.method].is_object(),
            "{} {}",
            operation.method,
            operation.path
        );
    }
    let paths: BTreeSet<_> = operations.iter().map(|operation| operation.path).collect();
    assert_eq!(document["paths"].as_object().unwrap().len(), paths.len());
}

#[test]
fn every_answer_of_every_call_is_named() {
    let document = document();

    for operation in operations() {
        let answers = document["paths"][operation.path][operation.method]["responses"].as_object().unwrap();
        assert!(!answers.contains_key("default"), "{}", operation.path);
        for code in &operation.codes {
            let answer = answers[code.status().as_str()]["$ref"].as_str().unwrap();
            let named = answer.rsplit('/').next().unwrap().split('.').any(|named| named == code.slug());
            assert!(named, "{} {answer}", operation.path);
            assert!(document.pointer(answer.trim_start_matches('#')).is_some(), "{answer}");
        }
    }
}

#[test]
fn a_body_is_required_where_some_member_is() {
    let document = document();
    let is_required = |path: &str| document["paths"][path]["post"]["requestBody"]["required"].as_bool().unwrap();

    let required: Vec<_> = ["/register", "/login", "/update"].into_iter().map(is_required).collect();
    let optional: Vec<_> =
        ["/flow", "/resend_otp", "/step_up", "/token/refresh"].into_iter().map(is_required).collect();

    assert_eq!((required, optional), (vec![true; 3], vec![false; 4]));
}

#[test]
fn the_document_names_the_fields_that_are_read() {
    let document = document();

    for (schema, fields) in [
        ("RegisterRequest", fields_of::<RegisterRequest>()),
        ("CodeRequest", fields_of::<CodeRequest>()),
        ("ProofRequest", fields_of::<ProofRequest>()),
        ("ConfirmRequest", fields_of::<ConfirmRequest>()),
        ("PasswordAndCodeRequest", fields_of::<PasswordAndCodeRequest>()),
        ("LoginRequest", fields_of::<LoginRequest>()),
        ("ResendRequest", fields_of::<ResendRequest>()),
        ("TokenRequest", fields_of::<TokenRequest>()),
        ("StepUpRequest", fields_of::<StepUpRequest>()),
        ("RefreshRequest", fields_of::<RefreshRequest>()),
        ("UpdateRequest", asked(UpdateRequest::read)),
        ("UpdateDetailsRequest", asked(|fields, user| UpdateDetailsRequest::read(fields, user, Scope::Full))),
        ("ForgotPasswordRequest", fields_of::<ForgotPasswordRequest>()),
        ("ResetPasswordRequest", fields_of::<ResetPasswordRequest>()),
        ("UndoRequest", fields_of::<UndoRequest>()),
    ] {
        let documented = document["components"]["schemas"][schema]["properties"].as_object().unwrap();
        let documented: BTreeSet<_> = documented.keys().map(String::as_str).collect();
        assert_eq!(documented, fields.into_iter().collect(), "{schema}");
    }
}
