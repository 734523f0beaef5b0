//! A database server that shows a certificate and asks for its client's, as PgBouncer does before any Postgres.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
};

use doorward_testkit::postgres::TestDatabase;
use rcgen::{Certificate, KeyPair};

use crate::{
    doorward::{Engine, World},
    poolers::{Pooler, walk},
    tls::Authority,
};

/// Lets in whom a certificate names.
const BY_CERTIFICATE: &str = "auth_type = cert\nauth_file = people.txt\nclient_tls_sslmode = verify-full\n\
    client_tls_ca_file = authority.pem\nclient_tls_cert_file = server.pem\nclient_tls_key_file = server.key";

/// A pooler that shows that certificate and asks for its client's.
async fn asks_for_certificates(
    database: &TestDatabase,
    authority: &Authority,
    (certificate, key): (Certificate, KeyPair),
) -> Option<Pooler> {
    let root = fs::read_to_string(authority.file()).unwrap();
    let (certificate, key) = (certificate.pem(), key.serialize_pem());
    let people = "\"postgres\" \"\"\n";
    let files =
        [("authority.pem", root.as_str()), ("server.pem", &certificate), ("server.key", &key), ("people.txt", people)];
    Pooler::start_with(database, "session", BY_CERTIFICATE, &files).await
}

/// The URL of that pooler for a client with a certificate in that name.
fn url_with_certificate(pooler: &Pooler, database: &TestDatabase, authority: &Authority, name: &str) -> String {
    let (certificate, key) = authority.certify(name);
    let folder = authority.file().parent().unwrap().to_owned();
    let (certificate_file, key_file) = (folder.join(format!("{name}.pem")), folder.join(format!("{name}.key")));
    fs::write(&certificate_file, certificate.pem()).unwrap();
    fs::write(&key_file, key.serialize_pem()).unwrap();
    fs::set_permissions(&key_file, Permissions::from_mode(0o600)).unwrap();
    format!(
        "{}?sslmode=verify-full&sslrootcert={}&sslcert={}&sslkey={}",
        pooler.url(database).replace("127.0.0.1", "localhost"),
        authority.file().display(),
        certificate_file.display(),
        key_file.display()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_asks_who_we_are_is_shown_our_certificate() {
    let (world, authority) = (World::new(Engine::Postgres).await, Authority::new());
    let Some(pooler) = asks_for_certificates(world.postgres(), &authority, authority.certify("localhost")).await else {
        return;
    };
    let url = url_with_certificate(&pooler, world.postgres(), &authority, "postgres");
    let world = world.with("database.url", &url);

    walk(world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_right_certificate_on_either_side_nothing_is_asked() {
    let (database, authority) = (TestDatabase::create(None), Authority::new());
    let shows = async |certificate| asks_for_certificates(&database, &authority, certificate).await;
    let Some(pooler) = shows(authority.certify("localhost")).await else { return };
    let Some(elsewhere) = shows(authority.certify("db.example.com")).await else { return };
    let Some(expired) = shows(authority.certify_until("localhost", 2025)).await else { return };
    let root = authority.file();
    let bare = pooler.url(&database).replace("127.0.0.1", "localhost");

    for (url, reason) in [
        (format!("{bare}?sslmode=verify-full&sslrootcert={}", root.display()), "CertificateRequired"),
        (url_with_certificate(&pooler, &database, &authority, "mallory"), "certificate authentication failed"),
        (url_with_certificate(&pooler, &database, &Authority::new(), "postgres"), "invalid peer certificate"),
        (url_with_certificate(&elsewhere, &database, &authority, "postgres"), "not valid for name \"localhost\""),
        (url_with_certificate(&expired, &database, &authority, "postgres"), "certificate expired"),
    ] {
        let world = World::new(Engine::Sqlite).await.with("database.url", &url);
        let status = world.operate(&["migrate", "status"]);
        let told = String::from_utf8_lossy(&status.stderr);
        assert!(!status.status.success() && told.contains(reason), "{url}: {told}");
    }
    let right = url_with_certificate(&pooler, &database, &authority, "postgres");
    let world = World::new(Engine::Sqlite).await.with("database.url", &right);
    assert!(world.operate(&["migrate", "status"]).status.success());
}
