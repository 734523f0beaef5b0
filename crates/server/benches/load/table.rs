//! The report as the tables of docs/performance.md.

use crate::{
    meter::PostgresSpent,
    report::{Report, Row},
};

const HEAD: &str = "\
| | Postgres | of its floor | CPU of service + Postgres | statements / that write | SQLite | of its floor | of Postgres | CPU |
|---|---|---|---|---|---|---|---|---|
";

/// A table for each stage, in Markdown.
pub(crate) fn markdown(report: &Report) -> String {
    let mut stages: Vec<&str> = Vec::new();
    for row in &report.rows {
        if !stages.contains(&row.stage.as_str()) {
            stages.push(&row.stage);
        }
    }
    stages.into_iter().map(|stage| table(report, stage)).collect()
}

fn table(report: &Report, stage: &str) -> String {
    let rows: Vec<_> = report.rows.iter().filter(|row| row.stage == stage).collect();
    let mut flows: Vec<&str> = Vec::new();
    for row in &rows {
        if !flows.contains(&row.flow.as_str()) {
            flows.push(&row.flow);
        }
    }
    let found = |engine: &str, flow: &str| rows.iter().find(|row| row.engine == engine && row.flow == flow).copied();
    let lines = flows.into_iter().map(|flow| line(flow, found("Postgres", flow), found("SQLite", flow)));
    format!("\n## {stage}\n\n{HEAD}{}", lines.collect::<String>())
}

fn line(flow: &str, postgres: Option<&Row>, sqlite: Option<&Row>) -> String {
    let each = postgres.and_then(|row| row.spent);
    let of_postgres = postgres.zip(sqlite).map(|(postgres, sqlite)| sqlite.per_second / postgres.per_second);
    let cells = [
        flow.to_owned(),
        rate(postgres),
        of_floor(postgres),
        each.and_then(|each| Some(format!("{:.2} + {:.2} ms", each.service_cpu_ms, each.postgres?.cpu_ms)))
            .unwrap_or_default(),
        each.and_then(|each| statements(each.postgres?)).unwrap_or_default(),
        rate(sqlite),
        of_floor(sqlite),
        of_postgres.map(|share| format!("{share:.2}")).unwrap_or_default(),
        sqlite.and_then(|row| row.spent).map(|each| format!("{:.2} ms", each.service_cpu_ms)).unwrap_or_default(),
    ];
    format!("| {} |\n", cells.join(" | "))
}

fn statements(each: PostgresSpent) -> Option<String> {
    Some(format!("{:.1} / {:.1}", each.statements?, each.writes))
}

fn rate(row: Option<&Row>) -> String {
    row.map(|row| {
        format!("{:.0}/s, p50 {:.1} ms, p99 {:.1} ms", row.per_second, row.latency_ms.p50, row.latency_ms.p99)
    })
    .unwrap_or_default()
}

fn of_floor(row: Option<&Row>) -> String {
    row.and_then(|row| row.of_floor).map(|share| format!("{:.2} of {}", share.share, share.of)).unwrap_or_default()
}
