//! docs/metrics.md lists the metrics of the code, with their kinds, and no others.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeSet,
    fs,
    sync::{Mutex, PoisonError},
};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit, with_local_recorder};

/// Notes what is described, as the page would.
#[derive(Default)]
struct Noting(Mutex<BTreeSet<(String, &'static str)>>);

impl Noting {
    fn note(&self, name: &KeyName, kind: &'static str) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(noted.insert((name.as_str().to_owned(), kind)), "{name:?} is described twice");
    }
}

impl Recorder for Noting {
    fn describe_counter(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.note(&name, "counter");
    }

    fn describe_gauge(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.note(&name, "gauge");
    }

    fn describe_histogram(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.note(&name, "histogram");
    }

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[test]
fn the_page_lists_every_metric_with_its_type_and_no_other() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/metrics.md")).unwrap();
    let all = page.split("## What to alert on").next().unwrap();
    let rows = all.lines().filter(|line| line.starts_with("| `doorward_"));
    let listed: BTreeSet<(String, String)> = rows
        .map(|row| {
            let mut cells = row.trim_matches('|').split('|').map(str::trim);
            let (name, kind) = (cells.next().unwrap(), cells.next().unwrap());
            (name.trim_matches('`').to_owned(), kind.to_owned())
        })
        .collect();
    let noting = Noting::default();

    with_local_recorder(&noting, doorward_server::metrics::describe_metrics);

    let noted = noting.0.into_inner().unwrap();
    let described: BTreeSet<_> = noted.into_iter().map(|(name, kind)| (name, kind.to_owned())).collect();
    assert_eq!(described, listed);
}
