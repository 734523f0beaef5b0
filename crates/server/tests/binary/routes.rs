//! The routes as the service itself tells of them, so that no test forgets a new one.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{client::http, doorward::Doorward};

/// The routes that the document of the API does not tell of: itself and what it refers to.
const BESIDES: [&str; 2] = ["/openapi.json", "/problems/not_found"];

/// A path, its methods, and the members of the body that its POST takes.
pub(crate) struct Route {
    pub(crate) path: String,
    pub(crate) methods: BTreeSet<String>,
    pub(crate) members: Vec<String>,
}

/// Every route there is.
pub(crate) async fn routes(node: &Doorward) -> Vec<Route> {
    let document = http().get(format!("{}/openapi.json", node.url())).send().await.unwrap();
    let document: Value = document.json().await.unwrap();
    let told = document["paths"].as_object().unwrap().iter().map(|(path, operations)| Route {
        path: path.replace("{id}", "01890a5d-ac96-774b-bcce-b302099a8057"),
        methods: with_head(operations.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect()),
        members: members(&document, &operations["post"]),
    });
    let besides = BESIDES.map(|path| Route {
        path: path.to_owned(),
        methods: with_head(BTreeSet::from(["GET".to_owned()])),
        members: Vec::new(),
    });
    told.chain(besides).collect()
}

/// `HEAD` answers wherever `GET` does.
fn with_head(mut methods: BTreeSet<String>) -> BTreeSet<String> {
    if methods.contains("GET") {
        methods.insert("HEAD".to_owned());
    }
    methods
}

fn members(document: &Value, operation: &Value) -> Vec<String> {
    let reference = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
    let schema = reference.as_str().and_then(|reference| document.pointer(reference.trim_start_matches('#')));
    let properties = schema.and_then(|schema| schema["properties"].as_object());
    properties.map(|properties| properties.keys().cloned().collect()).unwrap_or_default()
}
