//! The page on which calls are read and tried.

use reqwest::StatusCode;

use crate::{
    client::http,
    doorward::{Doorward, Engine, World},
};

async fn file(node: &Doorward, path: &str) -> (StatusCode, String, String, String) {
    let answer = http().get(format!("{}{path}", node.url())).send().await.unwrap();
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    let (status, kind, policy) = (answer.status(), header("content-type"), header("content-security-policy"));
    (status, kind, policy, answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_there_and_names_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    for node in [World::new(Engine::Sqlite).await.serve().await, Doorward::dev(folder.path()).await] {
        for (path, kind) in
            [("/docs", "text/html"), ("/docs/page.css", "text/css"), ("/docs/page.js", "text/javascript")]
        {
            let (status, found, policy, text) = file(&node, path).await;

            assert_eq!(status, StatusCode::OK, "{path}");
            assert!(found.starts_with(kind), "{path}: {found}");
            assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
            assert!(!text.contains("://"), "{path} names another place");
        }
        assert_eq!(file(&node, "/docs/nothing").await.0, StatusCode::NOT_FOUND);
        let posted = http().post(format!("{}/docs", node.url())).send().await.unwrap();
        assert_eq!(
            (posted.status(), &posted.headers()["allow"]),
            (StatusCode::METHOD_NOT_ALLOWED, &"GET, HEAD".parse().unwrap())
        );
    }
}
