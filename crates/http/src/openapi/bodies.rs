use utoipa::{
    Modify,
    openapi::{Content, OpenApi, RefOr, Required, Schema, schema::AdditionalProperties},
};

/// Bodies of which no member is required, but one of them is.
const NEVER_EMPTY: [&str; 1] = ["LoginRequest"];

/// The bodies of calls: closed, optional where no member is required, and as a form wherever as JSON.
pub(crate) struct Bodies;

impl Modify for Bodies {
    fn modify(&self, document: &mut OpenApi) {
        let schemas = document.components.iter_mut().flat_map(|components| &mut components.schemas);
        let mut optional = Vec::new();
        for (name, schema) in schemas {
            if let (true, RefOr::T(Schema::Object(object))) = (name.ends_with("Request"), schema) {
                object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
                if NEVER_EMPTY.contains(&name.as_str()) {
                    object.min_properties = Some(1);
                } else if object.required.is_empty() {
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
