/// The time-outs of a statement, as parameters of the server.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Limits {
    /// For requests: nobody waits longer for an answer.
    ///
    /// The server looks for deadlocks after a second, and a lock must be waited for a little
    /// longer than that, or its victim would never be told from a slow one.
    Request,
    /// For migrations: they take what they take.
    Migration,
}

/// For how long a parameter is set.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scope {
    /// For as long as the connection is open.
    Session,
    /// For the transaction that it is set in.
    Transaction,
}

impl Limits {
    /// The statements that set the parameters, save those that the URL's `options` set themselves.
    pub(super) fn sql(self, scope: Scope, options: &str) -> String {
        let chosen: Vec<String> = names(options).collect();
        let set = match scope {
            Scope::Session => "SET",
            Scope::Transaction => "SET LOCAL",
        };
        let open = self.parameters().into_iter().filter(|(name, _)| !chosen.iter().any(|chosen| chosen == name));
        let statements: Vec<_> = open.map(|(name, value)| format!("{set} {name} = '{value}'")).collect();
        statements.join("; ")
    }

    const fn parameters(self) -> [(&'static str, &'static str); 4] {
        match self {
            Self::Request => [
                ("timezone", "UTC"),
                ("statement_timeout", "3s"),
                ("lock_timeout", "1500ms"),
                ("idle_in_transaction_session_timeout", "10s"),
            ],
            Self::Migration => [
                ("timezone", "UTC"),
                ("statement_timeout", "0"),
                ("lock_timeout", "0"),
                ("idle_in_transaction_session_timeout", "0"),
            ],
        }
    }
}

/// The names of the parameters in `-c name=value`, `-cname=value` and `--name=value`.
fn names(options: &str) -> impl Iterator<Item = String> {
    let assignments = options.split_whitespace().filter_map(|word| word.split_once('='));
    assignments.map(|(name, _)| {
        let name = name.strip_prefix("--").or_else(|| name.strip_prefix("-c")).unwrap_or(name);
        name.replace('-', "_").to_lowercase()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_url_sets_is_left_alone() {
        let options = "-c lock_timeout=60s -cTimeZone=Europe/Zurich --statement-timeout=1min";

        let sql = Limits::Request.sql(Scope::Session, options);

        assert_eq!(sql, "SET idle_in_transaction_session_timeout = '10s'");
    }

    #[test]
    fn a_transaction_may_have_limits_of_its_own() {
        let sql = Limits::Request.sql(Scope::Transaction, "");

        assert!(sql.starts_with("SET LOCAL timezone = 'UTC'; SET LOCAL statement_timeout = '3s'; "), "{sql}");
    }
}
