use std::fmt;

/// The page that promises them.
const PAGE: &str = include_str!("../../../../../docs/performance.md");

/// The most that a flow may cost, as docs/performance.md says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Costs {
    /// Statements that the caller waits for.
    pub(super) waited: usize,
    /// Statements, with those of the workers.
    pub(super) all: usize,
    pub(super) transactions: usize,
    /// Commits that wait for the disk.
    pub(super) flushed: usize,
}

impl Costs {
    /// The row of the flow.
    pub(super) fn promised(flow: &str) -> Self {
        let (_, table) = PAGE.split_once("## Statements per flow").unwrap();
        let row = table.lines().find_map(|line| line.strip_prefix(&format!("| {flow} | ")));
        let row = row.unwrap_or_else(|| panic!("docs/performance.md has no row for {flow}"));
        let numbers: Vec<usize> = row.split('|').filter_map(|cell| cell.trim().parse().ok()).collect();
        let [waited, all, transactions, flushed] = numbers[..] else { panic!("{row}") };
        Self { waited, all, transactions, flushed }
    }

    pub(super) fn is_within(&self, promised: &Self) -> bool {
        self.waited <= promised.waited
            && self.all <= promised.all
            && self.transactions <= promised.transactions
            && self.flushed <= promised.flushed
    }
}

impl fmt::Display for Costs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "| {} | {} | {} | {} |", self.waited, self.all, self.transactions, self.flushed)
    }
}
