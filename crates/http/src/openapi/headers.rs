use utoipa::{
    Modify,
    openapi::{Header, HeaderBuilder, Object, OpenApi, Ref, RefOr, Response, Type, schema::SchemaType},
};

/// The headers of answers, and what they hold; handlers and problems name those that they set.
const HEADERS: [(&str, Type, &str); 6] = [
    (X_REQUEST_ID, Type::String, "Names the request, for those who look into the log."),
    ("Retry-After", Type::Integer, "Seconds to wait before the next try."),
    ("WWW-Authenticate", Type::String, "What would let the call through (RFC 9110, section 11.6.1)."),
    ("Allow", Type::String, "The methods that the path knows."),
    (
        SET_COOKIE,
        Type::String,
        "`__Host-doorward_flow`, `__Host-doorward_session` or `__Host-doorward_device`, for a client that holds them \
         by cookie; without the prefix where `http.public_url` is plain http.",
    ),
    (CACHE_CONTROL, Type::String, "How long the answer may be kept; other answers are not to be kept at all."),
];

const X_REQUEST_ID: &str = "x-request-id";
const SET_COOKIE: &str = "Set-Cookie";
const CACHE_CONTROL: &str = "Cache-Control";

/// The headers of answers, described once; every answer has the id of its request.
pub(crate) struct Headers;

impl Modify for Headers {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.get_or_insert_default();
        for (name, kind, description) in HEADERS {
            components.headers.insert(name.to_owned(), RefOr::T(header(kind, description)));
        }
        let operations = document.paths.paths.values_mut();
        let operations = operations.flat_map(|path| [&mut path.get, &mut path.post, &mut path.delete]).flatten();
        let inline = operations.flat_map(|operation| operation.responses.responses.values_mut());
        for response in inline.chain(components.responses.values_mut()) {
            if let RefOr::T(response) = response {
                refer(response);
            }
        }
    }
}

fn header(kind: Type, description: &str) -> Header {
    let schema = Object::with_type(SchemaType::new(kind));
    HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build()
}

/// Replaces the headers that are described by references, and adds the one that every answer has.
fn refer(response: &mut Response) {
    for (name, ..) in HEADERS {
        if name == X_REQUEST_ID || response.headers.contains_key(name) {
            let reference = Ref::new(format!("#/components/headers/{name}"));
            response.headers.insert(name.to_owned(), RefOr::Ref(reference));
        }
    }
}
