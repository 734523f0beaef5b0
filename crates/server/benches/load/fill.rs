//! Rows that the service accepts, in bulk.

use std::{collections::HashMap, ops::Range};

use crate::database::Database;

/// Adds users of those numbers, each with a verified number and a session: copies of the first member.
pub(crate) fn users(database: &Database<'_>, numbers: Range<usize>) {
    let email = "'u' || n || '@example.com'";
    // Whoever was told of a new device today is not told again.
    let user = [
        ("id", database.uuid()),
        ("email", email),
        ("email_key", email),
        ("phone", "'+1212' || (2000000 + n)"),
        ("new_device_notified_at", "updated_at"),
    ];
    let session = [("id", database.uuid()), ("user_id", database.uuid())];
    let users = copies(database, "users", &user, "email_key = 'p0@example.com'", &numbers);
    let sessions =
        copies(database, "sessions", &session, "id = (SELECT id FROM sessions ORDER BY created_at LIMIT 1)", &numbers);
    database.execute(&format!("BEGIN; {users}; {sessions}; COMMIT"));
    database.analyze();
}

/// The number of telephone of such a user.
pub(crate) fn phone(number: usize) -> String {
    format!("+1212{}", 2_000_000 + number)
}

/// Adds so many messages that wait for their next try in an hour.
pub(crate) fn backlog(database: &Database<'_>, count: usize) {
    let (id, now, later, end) = (database.uuid(), database.after(0), database.after(3600), database.after(86_400));
    database.execute(&format!(
        "INSERT INTO outbox (id, channel, recipient, locale, template, created_at, expires_at, tries, next_try_at, failure) \
         SELECT {id}, 'email', 'u' || n || '@example.com', 'en', 'notice.password_changed', {now}, {end}, 1, {later}, 'unreachable' \
         FROM {}",
        series(&(0..count))
    ));
    database.analyze();
}

/// Inserts a copy of a row for each of the numbers, with some columns changed.
fn copies(
    database: &Database<'_>,
    table: &str,
    changed: &[(&str, &str)],
    which: &str,
    numbers: &Range<usize>,
) -> String {
    let columns = database.columns(table);
    let changed: HashMap<_, _> = changed.iter().copied().collect();
    let values: Vec<_> = columns.iter().map(|column| changed.get(column.as_str()).copied().unwrap_or(column)).collect();
    let (columns, values, series) = (columns.join(", "), values.join(", "), series(numbers));
    format!("INSERT INTO {table} ({columns}) SELECT {values} FROM {table} CROSS JOIN {series} WHERE {which}")
}

/// A table of the numbers, in SQL.
fn series(numbers: &Range<usize>) -> String {
    let Range { start, end } = numbers;
    format!(
        "(WITH RECURSIVE numbers (n) AS (SELECT {start} UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {end}) \
         SELECT n FROM numbers) AS series"
    )
}
