use percent_encoding::percent_decode_str;

use crate::PgSettingsError;

/// A libpq URL taken apart, with its escapes read (PostgreSQL, "Connection URIs").
#[derive(Debug, Default)]
pub(super) struct Url {
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    /// Names, addresses or folders of sockets, in the order in which they are tried.
    pub(super) hosts: Vec<String>,
    /// None, one for all hosts, or one for each.
    pub(super) ports: Vec<String>,
    pub(super) database: Option<String>,
    /// The parameters, a later one of a name first.
    pub(super) parameters: Vec<(String, String)>,
}

impl Url {
    pub(super) fn parse(text: &str) -> Result<Self, PgSettingsError> {
        let rest = ["postgres://", "postgresql://"].iter().find_map(|scheme| text.strip_prefix(scheme));
        let rest = rest.ok_or(PgSettingsError::Url)?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
        let (user, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
        if is_cut_short(user, hosts, path, query) {
            return Err(PgSettingsError::Reserved);
        }
        let mut url = Self { database: text_of(path.trim_start_matches('/'))?, ..Self::default() };
        let (user, password) = user.split_once(':').unwrap_or((user, ""));
        (url.user, url.password) = (text_of(user)?, text_of(password)?);
        url.read_hosts(hosts)?;
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').ok_or(PgSettingsError::Url)?;
            url.parameters.insert(0, (decoded(name)?, decoded(value)?));
        }
        Ok(url)
    }

    fn read_hosts(&mut self, hosts: &str) -> Result<(), PgSettingsError> {
        let (mut has_port, mut ports) = (false, Vec::new());
        for host in hosts.split(',').filter(|_| !hosts.is_empty()) {
            let (host, port) = match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
                Some((address, port)) => (address, port.strip_prefix(':').unwrap_or(port)),
                None => host.split_once(':').unwrap_or((host, "")),
            };
            has_port |= !port.is_empty();
            ports.push(decoded(port)?);
            self.hosts.push(decoded(host)?);
        }
        if has_port {
            self.ports = ports;
        }
        Ok(())
    }
}

/// Whether a `/`, `?`, `#` or `@` that belongs to the user or the password stands there as it is.
fn is_cut_short(user: &str, hosts: &str, path: &str, query: &str) -> bool {
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let odd_port =
        hosts.split(',').any(|host| !host.starts_with('[') && host.split(':').nth(1).is_some_and(|p| !is_port(p)));
    let in_name = query.split('&').any(|pair| pair.split('=').next().is_some_and(|name| name.contains('@')));
    let at_later = path.contains('@') || in_name || (odd_port && query.contains('@'));
    user.contains(['@', '#']) || at_later || hosts.contains('#')
}

fn text_of(text: &str) -> Result<Option<String>, PgSettingsError> {
    if text.is_empty() { Ok(None) } else { decoded(text).map(Some) }
}

fn decoded(text: &str) -> Result<String, PgSettingsError> {
    let is_escape = |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    if !text.split('%').skip(1).all(is_escape) {
        return Err(PgSettingsError::Reserved);
    }
    percent_decode_str(text).decode_utf8().map(String::from).map_err(|_| PgSettingsError::Reserved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_has_its_place() {
        let url =
            "postgresql://ada:p%40ss%2Fword@one.example,[2001:db8::1]:6432/my%20db?sslmode=require&options=-c%20a%3Db";

        let url = Url::parse(url).unwrap();

        assert_eq!((url.user.as_deref(), url.password.as_deref()), (Some("ada"), Some("p@ss/word")));
        assert_eq!(
            (url.hosts, url.ports),
            (vec!["one.example".into(), "2001:db8::1".into()], vec![String::new(), "6432".into()])
        );
        assert_eq!(url.database.as_deref(), Some("my db"));
        assert_eq!(url.parameters, [("options", "-c a=b"), ("sslmode", "require")].map(|(n, v)| (n.into(), v.into())));
    }

    #[test]
    fn what_is_raw_in_a_password_is_said_to_need_an_escape() {
        for password in ["a/b", "a#b", "a@b", "a?b", "12/3", "12?3", "a?b=c", "a%b", "a/b#c@d", "100%"] {
            let url = format!("postgres://ada:{password}@db.example.com/doorward?sslmode=require");

            assert!(matches!(Url::parse(&url), Err(PgSettingsError::Reserved)), "{password}");
        }
    }

    #[test]
    fn an_at_sign_may_stand_in_a_parameter() {
        let url = Url::parse("postgres://db.example.com:5432/doorward?user=ada@corp&password=a@b").unwrap();

        assert_eq!(url.parameters.len(), 2);
    }
}
