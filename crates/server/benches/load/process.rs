//! What a process costs, by the system's books.

use std::{fs, time::Duration};

/// The length of a tick in `/proc`, on every Linux.
const TICK: Duration = Duration::from_millis(10);

pub(crate) struct Process(u32);

impl Process {
    pub(crate) const fn of(pid: u32) -> Self {
        Self(pid)
    }

    /// The time that its threads have computed so far.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = self.read("stat");
        // The name, in brackets, may hold blanks.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks: u32 = fields[11..13].iter().map(|ticks| ticks.parse::<u32>().unwrap()).sum();
        TICK * ticks
    }

    /// The memory that is its own now, in megabytes.
    pub(crate) fn memory_mb(&self) -> u64 {
        let status = self.read("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.0)).unwrap()
    }
}
