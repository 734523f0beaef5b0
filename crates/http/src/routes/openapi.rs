use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, ContentType},
    web,
};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        self, Content, ContentBuilder, Ref, RefOr, Required, ResponseBuilder, Schema, Server,
        schema::AdditionalProperties,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::Documented;
use crate::{Body, HttpSettings, body::NoFields};

/// The security schemes: how calls show their session.
pub(super) struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        let cookie = ApiKey::Cookie(ApiKeyValue::new("__Host-doorward_session"));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let basic = HttpBuilder::new().scheme(HttpAuthScheme::Basic).build();
        components.add_security_scheme("basic", SecurityScheme::Http(basic));
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(cookie));
    }
}

/// The failures that every call may answer.
pub(super) struct Failures;

impl Modify for Failures {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let schema = Ref::from_schema_name("Problem");
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let problem = ResponseBuilder::new()
            .description("What went wrong (RFC 9457).")
            .content("application/problem+json", content)
            .build();
        for path in document.paths.paths.values_mut() {
            for operation in [&mut path.get, &mut path.post, &mut path.delete].into_iter().flatten() {
                operation.responses.responses.insert("default".to_owned(), problem.clone().into());
            }
        }
    }
}

/// The bodies of calls: closed, optional where no member is required, and as a form wherever as JSON.
pub(super) struct Bodies;

impl Modify for Bodies {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let schemas = document.components.iter_mut().flat_map(|components| &mut components.schemas);
        let mut optional = Vec::new();
        for (name, schema) in schemas {
            if let (true, RefOr::T(Schema::Object(object))) = (name.ends_with("Request"), schema) {
                object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
                if object.required.is_empty() {
                    optional.push(format!("#/components/schemas/{name}"));
                }
            }
        }
        let operations = document.paths.paths.values_mut().flat_map(|path| &mut path.post);
        let bodies = operations.filter_map(|operation| operation.request_body.as_mut());
        for body in bodies.filter_map(|body| if let RefOr::T(body) = body { Some(body) } else { None }) {
            let is_optional = body.content.values().any(|content| {
                let RefOr::T(Content { schema: Some(RefOr::Ref(reference)), .. }) = content else { return false };
                optional.contains(&reference.ref_location)
            });
            body.required = Some(if is_optional { Required::False } else { Required::True });
            if let Some(json) = body.content.get("application/json").cloned() {
                body.content.insert("application/x-www-form-urlencoded".to_owned(), json);
            }
        }
    }
}

/// The OpenAPI 3.1 document as JSON, for a service at no address in particular.
pub fn openapi_json() -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&Documented::openapi())
}

/// The OpenAPI document of this service.
pub(super) async fn document(_: Body<NoFields>, settings: web::Data<HttpSettings>) -> HttpResponse {
    let mut document = Documented::openapi();
    document.servers = Some(vec![Server::new(settings.base_url())]);
    let cache = (CACHE_CONTROL, "public, max-age=300");
    HttpResponse::Ok().insert_header(ContentType::json()).insert_header(cache).json(document)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, sync::Arc};

    use doorward_session::Scope;
    use doorward_testkit::fixtures;
    use doorward_user::User;
    use serde_json::Value;

    use super::*;
    use crate::{
        Fields, Reader, fields_of,
        routes::{
            PATHS, forgot_password::ForgotPasswordRequest, introspect::TokenRequest, login::LoginRequest,
            otp_verification::ProofRequest, register::RegisterRequest, resend_otp::ResendRequest,
            reset_password::ResetPasswordRequest, step_up::StepUpRequest, token_refresh::RefreshRequest,
            totp_confirm::ConfirmRequest, totp_remove::PasswordAndCodeRequest, undo_change::UndoRequest,
            update::UpdateRequest, update_details::UpdateDetailsRequest, verify_email::CodeRequest,
        },
    };

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

        for (method, path) in PATHS {
            assert!(document["paths"][path][method].is_object(), "{method} {path}");
        }
        let paths: BTreeSet<_> = PATHS.iter().map(|(_, path)| path).collect();
        assert_eq!(document["paths"].as_object().unwrap().len(), paths.len());
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
}
