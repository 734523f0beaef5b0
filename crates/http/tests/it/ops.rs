//! The listener of operators, and the calls of providers.

use serde_json::json;

use crate::service::Served;

#[tokio::test]
async fn operators_are_told_which_methods_a_path_has_and_what_it_answers() {
    let served = Served::start();

    for path in ["/livez", "/readyz", "/metrics"] {
        let refused = served.ask_ops("POST", path).await;
        assert!(refused.starts_with("HTTP/1.1 405 ") && refused.contains("\r\nallow: GET, HEAD\r\n"), "{refused}");
        let shown = served.ask_ops("GET", path).await;
        assert!(shown.starts_with("HTTP/1.1 200 ") && shown.contains("\r\ncontent-type: text/plain;"), "{shown}");
    }
    assert!(served.ask_ops("GET", "/nowhere").await.starts_with("HTTP/1.1 404 "));
    served.stop().await;
}

#[tokio::test]
async fn reports_have_nowhere_to_go_where_no_provider_sends_them() {
    let served = Served::start();

    for path in [
        "/callbacks/twilio/status",
        "/callbacks/twilio/status/x",
        "/callbacks/twilio/x/status/x",
        "/callbacks/http/x/status",
    ] {
        // That the document tells of it is asserted of every answer.
        let answer = served.post(path, &json!({})).await;

        assert_eq!(answer.status, "HTTP/1.1 404 Not Found", "{path}");
    }
    served.stop().await;
}
