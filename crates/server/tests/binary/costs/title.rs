use std::{collections::BTreeSet, fmt};

/// The title of a statement: the tables that it writes, or else the one that it reads first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Title(String);

impl Title {
    pub(super) fn of(sql: &str) -> Self {
        let sql = sql.replace('"', "");
        let words: Vec<&str> = sql.split(|c: char| c.is_whitespace() || "(),".contains(c)).collect();
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        let table_after = |verb: &[&str]| {
            let find = move |at: &[&str]| (at[..verb.len()] == *verb).then(|| at[verb.len()].to_owned());
            words.windows(verb.len() + 1).filter_map(find).collect::<BTreeSet<_>>()
        };
        let updated =
            words.windows(3).filter(|at| at[0] != "FOR" && at[0] != "KEY" && at[0] != "DO" && at[1] == "UPDATE");
        let updated: BTreeSet<_> = updated.map(|at| at[2].to_owned()).collect();
        let first = words.first().filter(|word| **word == "UPDATE").and(words.get(1)).map(|table| (*table).to_owned());
        let written = [
            ("INSERT", table_after(&["INSERT", "INTO"])),
            ("UPDATE", updated.into_iter().chain(first).collect()),
            ("DELETE", table_after(&["DELETE", "FROM"])),
        ];
        let written = written.into_iter().filter(|(_, tables)| !tables.is_empty());
        let written: Vec<_> =
            written.map(|(verb, tables)| format!("{verb} {}", Vec::from_iter(tables).join(", "))).collect();
        if !written.is_empty() {
            return Self(written.join("; "));
        }
        let read =
            words.windows(2).find(|at| ["FROM", "JOIN"].contains(&at[0]) && !["SELECT", "unnest"].contains(&at[1]));
        Self(read.map_or_else(|| words.join(" "), |at| format!("SELECT {}", at[1])))
    }
}

impl fmt::Display for Title {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[test]
fn a_title_names_what_is_written_or_read() {
    let titles = [
        "BEGIN",
        r#"SELECT "users"."id" FROM "users" WHERE "users"."phone" = $1 FOR UPDATE"#,
        "WITH a AS (SELECT x FROM unnest($1)), b AS (UPDATE challenges SET x = 1 FROM a) INSERT INTO sessions (id) SELECT 1",
        "INSERT INTO buckets AS kept (kind) SELECT $1 ON CONFLICT (kind) DO UPDATE SET state = 1",
        "UPDATE sessions SET x = 1",
    ]
    .map(|sql| Title::of(sql).to_string());

    let named = ["BEGIN", "SELECT users", "INSERT sessions; UPDATE challenges", "INSERT buckets", "UPDATE sessions"];
    assert_eq!(titles, named);
}
