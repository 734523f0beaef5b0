//! The cost of a process, by `/proc`.

use std::{fs, time::Duration};

/// The length of a tick in `/proc`, on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// Fields of `/proc/PID/stat`, counted from behind the name (proc(5)).
const PARENT: usize = 1;
const OWN_TIME: std::ops::Range<usize> = 11..13;
const TIME_WITH_ENDED_CHILDREN: std::ops::Range<usize> = 11..15;

pub(crate) struct Process(u32);

impl Process {
    pub(crate) const fn of(pid: u32) -> Self {
        Self(pid)
    }

    /// The process that has started the one of that id.
    pub(crate) fn parent_of(pid: u32) -> Self {
        let stat = stat(pid).expect("the process is one of this machine");
        Self(u32::try_from(stat[PARENT]).unwrap())
    }

    /// The time that its threads have computed so far.
    pub(crate) fn cpu(&self) -> Duration {
        ticks(&stat(self.0).unwrap()[OWN_TIME])
    }

    /// The same, and that of the processes that it has started.
    pub(crate) fn family_cpu(&self) -> Duration {
        let pids = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
        let children = pids.filter_map(stat).filter(|stat| stat[PARENT] == i64::from(self.0));
        let children: Duration = children.map(|stat| ticks(&stat[OWN_TIME])).sum();
        ticks(&stat(self.0).unwrap()[TIME_WITH_ENDED_CHILDREN]) + children
    }

    /// The memory that is its own now, in megabytes.
    pub(crate) fn memory_mb(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0)).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
    }
}

/// The numbers behind the name, the first of which is a letter and stands as zero; `None` once the process is gone.
fn stat(pid: u32) -> Option<Vec<i64>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in brackets, may hold blanks.
    let numbers = stat.rsplit(')').next()?.split_whitespace().map(|number| number.parse().unwrap_or_default());
    Some(numbers.collect())
}

fn ticks(ticks: &[i64]) -> Duration {
    TICK * u32::try_from(ticks.iter().sum::<i64>()).unwrap()
}
