//! Settings that are missing, weak or contradictory.

use doorward_server::settings::{Profile, Settings, Sources};

use super::{SECRET, environment, file, refused, serve_with};

/// Values that no setting takes.
const REFUSALS: &[(&str, &str)] = &[
    ("texts.service", "Acme <script>"),
    ("texts.accent", "red"),
    ("texts.accent", "#0a7d5"),
    ("otp.reviewers", "nobody"),
    ("otp.reviewers", r#"[{"number": "+14155550100", "code": "49381726"}]"#),
    ("otp.reviewers", r#"[{"number": "+14155550100", "until": "2026-01-01"}]"#),
    ("otp.reviewers", r#"[{"number": "+14155552671", "code": "49381726", "until": "2026-01-01"}]"#),
    ("otp.reviewers", r#"[{"number": "+16045550100", "code": "49381726", "until": "2026-01-01"}]"#),
    ("otp.reviewers", r#"[{"number": "+18005550100", "code": "49381726", "until": "2026-01-01"}]"#),
    ("otp.reviewers", r#"[{"number": "+14155550100", "code": "493817", "until": "2026-01-01"}]"#),
    ("otp.reviewers", r#"[{"number": "+14155550100", "code": "12345678", "until": "2026-01-01"}]"#),
    ("otp.reviewers", r#"[{"number": "+14155550100", "code": "00000000", "until": "2026-01-01"}]"#),
    ("otp.reviewers", r#"[{"number": "+14155550100", "code": "49381726", "until": "soon"}]"#),
    ("otp.reviewers", r#"[{"number": "+14155550100", "code": "49381726", "until": "2099-01-01"}]"#),
    ("keys.root_secret", ""),
    ("keys.root_secret", "changeme"),
    ("keys.root_secret", "0000000000000000000000000000000000000000000000000000000000000000"),
    ("keys.root_secret", "v7Cq0q6mW3kqkXc2bqA0m1r8oY5yJc4n9uLzT6dQ"),
    ("keys.publish_ahead", "31d"),
    ("keys.publish_ahead", "30d"),
    ("keys.rotate_every", "366d"),
    ("keys.reload_every", "0s"),
    (
        "http.public_url",
        "https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com",
    ),
    ("http.public_url", "http://auth.example.com"),
    ("http.public_url", "https://auth.example.com/path"),
    ("http.public_url", "https://user@auth.example.com"),
    ("http.public_url", "auth.example.com"),
    ("http.base_path", "auth"),
    ("http.base_path", "/auth/"),
    ("http.base_path", "/../auth"),
    ("http.listen", "localhost"),
    ("http.ops_listen", "127.0.0.1:8080"),
    ("http.allowed_origins", "https://app.example.com"),
    ("http.allowed_origins", r#"["*"]"#),
    ("http.allowed_origins", r#"["null"]"#),
    ("http.allowed_origins", r#"["http://app.example.com"]"#),
    ("http.trusted_proxies", r#"["0.0.0.0/0"]"#),
    ("http.trusted_proxies", r#"["::/0"]"#),
    ("http.trusted_proxies", r#"["10.0.0.0/33"]"#),
    ("http.client_ip_header", "X-Forwarded-For"),
    ("http.body_timeout", "0s"),
    ("database.url", "mysql://db.example.com/doorward"),
    ("database.url", "postgres://db.example.com/doorward"),
    ("database.url", "postgres://db.example.com/doorward?sslmode=disable"),
    ("database.url", "postgres://db.example.com/doorward?sslmode=prefer"),
    ("database.url", "postgres://db.example.com/doorward?sslmode=require&sslmode=disable"),
    ("database.url", "postgres://localhost/doorward?host=db.example.com"),
    ("database.url", "postgres://localhost/doorward?colour=red"),
    ("database.url", "postgres://localhost/doorward?sslmode=maybe"),
    ("database.url", "postgres://db.example.com/doorward?sslmode=require&sslrootcert=/nowhere.pem"),
    ("database.url", "postgres://ada:hunter/2@db.example.com/doorward?sslmode=verify-full"),
    ("database.url", "postgres://localhost/doorward?target_session_attrs=standby"),
    ("database.url", "sqlite://"),
    ("keys.former_root_secret", SECRET),
    ("keys.former_root_secret", "hunter2"),
    ("database.pool_size", "0"),
    ("database.pool_size", "many"),
    ("log.level", "loud=?"),
    ("log.level", "verbose"),
    ("log.level", "critical"),
    ("log.level", "2"),
    ("log.level", "info,doorward_http=loud"),
    ("log.format", "xml"),
    ("smtp.url", "http://mail.example.com"),
    ("smtp.url", "smtp://mail.example.com?tls=none"),
    ("smtp.url", "smtp://mail.example.com?tls=opportunistic"),
    ("smtp.url", "smtps://mail.example.com/inbox"),
    ("smtp.url", "smtps://ada@mail.example.com"),
    ("smtp.from", "nobody"),
    ("smtp.from", "A <a@example.com>, b@example.com"),
    ("twilio.account_sid", "00000000000000000000000000000000/.."),
    ("twilio.from", ""),
    ("twilio.from", "+1 (415) 555-0100"),
    ("twilio.base_url", "http://api.twilio.com"),
    ("twilio.base_url", "https://ada:secret@api.twilio.com"),
    ("twilio.base_url", "ftp://127.0.0.1"),
    ("twilio.content_retention", "obfuscate"),
    ("twilio.address_retention", "discard"),
    ("sms.android_hash", "FA+9qCX9VS="),
    ("sms.allowed_countries", "[]"),
    ("sms.allowed_countries", r#"["Narnia"]"#),
    ("sms.allowed_countries", r#"["*", "US"]"#),
    ("sms.prices", "8"),
    ("sms.prices", r#"{"Narnia": 8}"#),
    ("sms.prices", r#"{"US": -1}"#),
    ("sms.prices", r#"{"US": 1000001}"#),
    ("phone.default_region", "Narnia"),
    ("otp.digits", "5"),
    ("otp.digits", "9"),
    ("otp.email_ttl", "11m"),
    ("otp.sms_ttl", "601s"),
    ("otp.sms_ttl", "0s"),
    ("otp.max_attempts", "11"),
    ("otp.max_attempts", "256"),
    ("otp.max_sends", "0"),
    ("otp.resend_after", "[]"),
    ("otp.resend_after", r#"["soon"]"#),
    ("otp.disable_after", "101"),
    ("otp.wrong_per_identifier", "20"),
    ("limits.ip_sends", "5/0m"),
    ("limits.sms", r#"["5/1h", "off"]"#),
    ("limits.sms", r#"["5/1h", "10/1h"]"#),
    ("limits.sms", "[]"),
    ("limits.email", "0/1d"),
    ("limits.email", "2/1d"),
    ("limits.email", r#"["5/1d", "2/1h"]"#),
    ("flow.ttl", "2h"),
    ("password.single_factor", "yes"),
    ("password.min_length", "7"),
    ("password.memory_kib", "8192"),
    ("password.iterations", "0"),
    ("phone.dormant_after", "47h"),
    ("phone.dormant_after", "never"),
    ("password.backoff_after", "101"),
    ("session.idle", "31d"),
    ("session.absolute", "31d"),
    ("session.aal2_idle", "61m"),
    ("session.aal2_absolute", "25h"),
    ("session.max_per_user", "0"),
    ("session.refresh_leeway", "11s"),
    ("session.require", "aal3"),
    ("token.access_ttl", "16m"),
    ("token.algorithm", "none"),
    ("token.algorithm", "HS256"),
    ("token.issuer", " "),
    ("step_up.fresh", "0s"),
    ("recovery.hold", "73h"),
    ("delivery.retry_first", "0s"),
    ("delivery.max_tries", "0"),
    ("delivery.lease", "10s"),
    ("delivery.poll", "1"),
    ("delivery.timeout", "0s"),
    ("http.problem_base", "https://docs.example.com/problems"),
    ("http.problem_base", "/problems/"),
    ("retention.audit", "forever"),
    ("retention.unverified", "23h"),
    ("retention.sweep_interval", "0s"),
];

#[test]
fn what_is_missing_weak_or_contradictory_is_refused_by_its_name() {
    for &(setting, value) in REFUSALS {
        let faults = serve_with(&[(setting, value)]).expect_err(&format!("{setting} = {value} must be refused"));

        let names: Vec<&str> = faults.list().iter().map(|fault| fault.setting.as_str()).collect();
        assert_eq!(names, [setting], "{setting} = {value}");
    }
}

#[test]
fn what_only_looks_unsafe_is_accepted() {
    let accepted = [
        ("http.public_url", "http://localhost:8080"),
        ("http.allowed_origins", r#"["https://app.example.com", "http://127.0.0.1:3000"]"#),
        ("http.trusted_proxies", r#"["10.0.0.0/8", "::1"]"#),
        ("database.url", "sqlite:///var/lib/doorward/doorward.db"),
        ("database.url", "postgres://127.0.0.1/doorward"),
        ("database.url", "postgres://doorward@%2Fvar%2Frun%2Fpostgresql/doorward"),
        ("database.url", "postgres:///doorward?host=/var/run/postgresql&user=doorward"),
        ("database.url", "postgres://ada:hunter2@one.example:5432,two.example:5433/doorward?sslmode=verify-full"),
        ("database.url", "postgres://ada:hunter2@/doorward?host=/cloudsql/project:region:instance"),
        ("log.level", "warning"),
        ("limits.email", "3/1d"),
        ("smtp.url", "smtp://mail.example.com:587"),
        ("smtp.url", "smtp://localhost:2525"),
        ("twilio.base_url", "http://127.0.0.1:4010"),
        ("twilio.content_retention", "discard"),
        ("twilio.address_retention", "obfuscate"),
        ("sms.android_hash", "FA+9qCX9VSu"),
        ("sms.allowed_countries", r#"["*"]"#),
        ("password.iterations", "3"),
        ("twilio.auth_token", "12345678901234567890123456789012"),
        ("limits.ip_credentials", "100/1m burst 30"),
        ("limits.sms", r#"["5/1h", "10/1d"]"#),
        ("limits.sms_budget", "off"),
    ];
    for (setting, value) in accepted {
        assert!(serve_with(&[(setting, value)]).is_ok(), "{setting} = {value}");
    }
}

#[test]
fn money_is_counted_only_where_every_sms_has_a_price() {
    let spend = ("limits.sms_spend", "5000/1d");
    let priced = |prices| serve_with(&[spend, ("sms.prices", prices)]);

    assert_eq!(refused(serve_with(&[spend])), ["sms.prices"]);
    assert_eq!(refused(priced(r#"{"US": 1}"#)), ["sms.prices"]);
    for prices in [r#"{"US": 1, "GB": 4}"#, r#"{"*": 8}"#, r#"{"US": 0, "*": 8}"#] {
        assert!(priced(prices).is_ok(), "{prices}");
    }
    assert!(priced(r#"{"US": 1, "*": 8}"#).unwrap().to_toml().contains("prices = {\"*\" = 8, \"US\" = 1}\n"));
}

#[test]
fn a_sender_is_a_number_or_a_service_and_never_both() {
    let service = ("twilio.messaging_service_sid", "MG00000000000000000000000000000000");

    assert_eq!(refused(serve_with(&[service])), ["twilio"]);
    assert_eq!(refused(serve_with(&[service, ("twilio.from", "+1")])), ["twilio.from", "twilio"]);
    assert!(serve_with(&[("twilio.from", ""), service]).is_ok());
    let account = ("twilio.messaging_service_sid", "AC00000000000000000000000000000000");
    assert_eq!(refused(serve_with(&[("twilio.from", ""), account])), ["twilio.messaging_service_sid"]);
}

#[test]
fn one_pass_over_the_memory_needs_more_of_it() {
    assert_eq!(refused(serve_with(&[("password.iterations", "1")])), ["password.memory_kib"]);
    assert!(serve_with(&[("password.iterations", "1"), ("password.memory_kib", "47104")]).is_ok());
}

#[test]
fn passwords_are_looked_up_by_https_or_on_this_machine_and_not_for_long() {
    for url in ["http://api.pwnedpasswords.com/range/", "https://user@api.pwnedpasswords.com/range/", "true"] {
        assert_eq!(refused(serve_with(&[("password.breach_url", url)])), ["password.breach_url"], "{url}");
    }
    for url in ["https://api.pwnedpasswords.com/range/", "http://127.0.0.1:4011/range"] {
        assert!(serve_with(&[("password.breach_url", url)]).is_ok(), "{url}");
    }
    for timeout in ["0s", "11s"] {
        assert_eq!(refused(serve_with(&[("password.breach_timeout", timeout)])), ["password.breach_timeout"]);
    }
    assert!(serve_with(&[]).unwrap().password.breach_url.is_none());
}

#[test]
fn a_password_that_alone_lets_in_is_longer() {
    let single_factor = ("password.single_factor", "true");

    assert_eq!(serve_with(&[single_factor]).unwrap().password.min_length, 15);
    assert_eq!(refused(serve_with(&[single_factor, ("password.min_length", "14")])), ["password.min_length"]);
}

#[test]
fn faults_of_every_kind_are_told_together_and_no_secret_with_them() {
    let folder = tempfile::tempdir().unwrap();
    let text = "otp = 5\n[http]\nlisten = 8080\nlisen = '127.0.0.1:1'\n[keys]\nroot_secret = 'hunter2'\n[nonsense]\na = 1\n\
        [twilio]\nauth_token = ['hunter2']\n[session]\nidle = '40d'\n";
    let path = file(folder.path(), "doorward.toml", text, 0o600);
    let sources =
        Sources { file: Some(path.into()), ..environment(&[("smtp.url", "http://x:hunter2@mail"), ("x", "1")]) };

    let faults = Settings::load(Profile::Dev, &sources).unwrap_err();

    assert_eq!(
        faults.to_string(),
        "9 faults to correct in the settings:\n  \
        otp must be in a section, like [http]\n  \
        http.lisen is not a setting; `http` has: allowed_headers, allowed_origins, base_path, body_timeout, client_ip_header, keep_alive, listen, \
        ops_listen, problem_base, public_url, shutdown_delay, trusted_proxies\n  \
        http.listen must be an IP address and a port, like 127.0.0.1:8080\n  \
        keys.root_secret must be at least 32 random bytes as base64 or hex; `openssl rand -base64 32` makes them\n  \
        nonsense.a is not a setting; the sections are: database, delivery, flow, http, keys, limits, log, mail, otp, password, \
        phone, recovery, retention, session, sms, smtp, step_up, telemetry, texts, token, twilio, voice\n  \
        smtp.url must be smtps://USER:PASSWORD@HOST or smtp://…, which uses STARTTLS unless the host is loopback\n  \
        twilio.auth_token must be a text of printable ASCII characters without blanks\n  \
        x is not a setting; the sections are: database, delivery, flow, http, keys, limits, log, mail, otp, password, \
        phone, recovery, retention, session, sms, smtp, step_up, telemetry, texts, token, twilio, voice\n  \
        session.idle must be 1s to session.absolute"
    );
}
