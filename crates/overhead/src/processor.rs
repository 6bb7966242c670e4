//! Processor time and memory of processes, as the kernel counts them.

use std::{fs, io, time::Instant};

use serde::Serialize;

/// Clock ticks of `/proc` in a second, by Linux' user interface.
const TICKS: f64 = 100.0;

/// What a process took.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ProcessCost {
    /// Its program, `wirereel` or `wirereel-whisperer`.
    pub name: String,
    /// Seconds of a core, in the program and in the kernel for it.
    pub user_s: f64,
    pub system_s: f64,
    pub resident_mb: f64,
}

/// A process and everything that it started, since some instant.
pub struct Meter {
    root: Option<u32>,
    since: Instant,
    spent: Vec<(u32, ProcessCost)>,
    busy_s: f64,
}

impl Meter {
    /// Begins; without a process only the machine is looked at.
    ///
    /// # Errors
    /// Where there is no `/proc` of Linux.
    pub fn start(root: Option<u32>) -> io::Result<Self> {
        let spent = root.map(tree).unwrap_or_default();
        Ok(Self { root, since: Instant::now(), spent, busy_s: machine_busy_s()? })
    }

    /// Seconds since the start, what each program took since, and how long cores were busy with whatever, seconds of a core.
    ///
    /// Programs of the same name are one. What a process took that is gone meanwhile is not known.
    ///
    /// # Errors
    /// Where there is no `/proc` of Linux.
    pub fn stop(self) -> io::Result<(f64, Vec<ProcessCost>, f64)> {
        let seconds = self.since.elapsed().as_secs_f64();
        let mut costs: Vec<ProcessCost> = Vec::new();
        for (id, now) in self.root.map(tree).unwrap_or_default() {
            let before = self.spent.iter().find(|(of, _)| *of == id).map(|(_, spent)| spent);
            let cost = ProcessCost {
                user_s: (now.user_s - before.map_or(0.0, |spent| spent.user_s)).max(0.0),
                system_s: (now.system_s - before.map_or(0.0, |spent| spent.system_s)).max(0.0),
                ..now
            };
            match costs.iter_mut().find(|one| one.name == cost.name) {
                Some(one) => {
                    one.user_s += cost.user_s;
                    one.system_s += cost.system_s;
                    one.resident_mb += cost.resident_mb;
                }
                None => costs.push(cost),
            }
        }
        Ok((seconds, costs, (machine_busy_s()? - self.busy_s).max(0.0)))
    }
}

/// A process and all below it, with what they took since they began.
fn tree(root: u32) -> Vec<(u32, ProcessCost)> {
    let all: Vec<_> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let id: u32 = entry.file_name().to_str()?.parse().ok()?;
            Some((id, parse(&fs::read_to_string(entry.path().join("stat")).ok()?)?))
        })
        .collect();
    let mut wanted = vec![root];
    let mut at = 0;
    while let Some(parent) = wanted.get(at).copied() {
        let children = all.iter().filter(|(id, stat)| stat.parent == parent && !wanted.contains(id)).map(|(id, _)| *id);
        let children: Vec<_> = children.collect();
        wanted.extend(children);
        at += 1;
    }
    let cost = |stat: &Stat, id: u32| {
        let line = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        let name = whole_name(&stat.cost.name, &String::from_utf8_lossy(&line)).to_owned();
        ProcessCost { name, resident_mb: resident_mb(id), ..stat.cost.clone() }
    };
    all.iter().filter(|(id, _)| wanted.contains(id)).map(|(id, stat)| (*id, cost(stat, *id))).collect()
}

struct Stat {
    parent: u32,
    cost: ProcessCost,
}

/// `pid (name) state ppid …` with user and system time as the 12th and 13th after the name, which may hold anything. proc_pid_stat(5).
fn parse(text: &str) -> Option<Stat> {
    let (before, rest) = text.rsplit_once(')')?;
    let name = before.split_once('(')?.1.to_owned();
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    let cost = ProcessCost { name, user_s: ticks(11)? / TICKS, system_s: ticks(12)? / TICKS, resident_mb: 0.0 };
    Some(Stat { parent: fields.get(1)?.parse().ok()?, cost })
}

/// The kernel keeps fifteen letters of a name; the rest is that of the program, where it was started by it.
fn whole_name<'a>(kept: &'a str, command_line: &'a str) -> &'a str {
    let program = command_line.split('\0').next().unwrap_or_default();
    let program = program.rsplit('/').next().unwrap_or(program);
    if program.starts_with(kept) { program } else { kept }
}

fn resident_mb(id: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0) * 1024.0 / 1e6
}

fn machine_busy_s() -> io::Result<f64> {
    busy(&fs::read_to_string("/proc/stat")?).ok_or_else(|| io::Error::other("/proc/stat has no line of all processors"))
}

/// What all cores did but idle and wait for a disk. A guest's time is in its host's user time already. proc_stat(5).
fn busy(text: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let fields: Vec<f64> = line.split_whitespace().filter_map(|field| field.parse().ok()).collect();
    let [user, nice, system, _idle, _iowait, irq, softirq, ..] = fields[..] else { return None };
    Some((user + nice + system + irq + softirq) / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_process_is_read_whatever_its_name() {
        let stat = parse("42 (odd) name) S 7 1 1 0 -1 4194304 100 0 0 0 150 25 0 0 20 0 1 0 10 0 0").unwrap();
        assert_eq!((stat.parent, stat.cost.name.as_str()), (7, "odd) name"));
        assert_eq!((stat.cost.user_s, stat.cost.system_s), (1.5, 0.25));
        assert!(parse("42 (short) S 7").is_none() && parse("").is_none());
    }

    #[test]
    fn a_long_name_is_told_whole_and_one_that_was_changed_as_it_is() {
        let line = "/usr/bin/wirereel-whisperer\0--watch-sockets\0";
        assert_eq!(whole_name("wirereel-whispe", line), "wirereel-whisperer");
        assert_eq!(whole_name("nginx", "worker process\0"), "nginx");
        assert_eq!(whole_name("kthreadd", ""), "kthreadd");
    }

    #[test]
    fn idling_and_waiting_are_not_busy() {
        assert_eq!(busy("cpu  100 10 50 9000 500 20 20 0 0 0\ncpu0 1 1 1 1 1 1 1"), Some(2.0));
        assert_eq!(busy("intr 1 2 3"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn work_of_this_process_is_seen() {
        let meter = Meter::start(Some(std::process::id())).unwrap();
        let mut sum = 0_u64;
        while meter.since.elapsed().as_millis() < 120 {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        let (seconds, costs, busy_s) = meter.stop().unwrap();
        let spent: f64 = costs.iter().map(|one| one.user_s + one.system_s).sum();
        assert!(seconds >= 0.12 && spent > 0.0 && busy_s > 0.0, "{costs:?}");
        assert!(costs.iter().all(|one| one.resident_mb >= 0.0) && costs.iter().any(|one| one.resident_mb > 0.0));
    }
}
