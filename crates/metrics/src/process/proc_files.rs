//! What Linux tells about a process in `/proc`. Elsewhere there is nothing to read.

use std::fs;

/// Bytes that went in and out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Traffic {
    pub(super) incoming: u64,
    pub(super) outgoing: u64,
}

impl Traffic {
    pub(super) fn of_network() -> Option<Self> {
        network(&fs::read_to_string("/proc/self/net/dev").ok()?)
    }

    pub(super) fn of_disk() -> Option<Self> {
        disk(&fs::read_to_string("/proc/self/io").ok()?)
    }
}

/// The sum over all interfaces but the loopback. After two lines of headings, each has a line of
/// its own: the name, a colon, eight numbers about what came in and eight about what went out, each
/// beginning with the bytes.
fn network(text: &str) -> Option<Traffic> {
    let mut sum = Traffic { incoming: 0, outgoing: 0 };
    for line in text.lines().skip(2) {
        let (name, numbers) = line.split_once(':')?;
        if name.trim() == "lo" {
            continue;
        }
        let mut numbers = numbers.split_whitespace().map(str::parse::<u64>);
        sum.incoming += numbers.next()?.ok()?;
        sum.outgoing += numbers.nth(7)?.ok()?;
    }
    Some(sum)
}

/// Lines of `name: number`.
fn disk(text: &str) -> Option<Traffic> {
    let number = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.trim().parse().ok()
    };
    Some(Traffic { incoming: number("read_bytes")?, outgoing: number("write_bytes")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NETWORK: &str = "\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 3000     30    0    0    0     0          0         0     3000     30    0    0    0     0       0          0
  eth0: 1000     10    1    2    3     4          5         6      700      7    0    0    0     0       0          0
 wlan0:20         1    0    0    0     0          0         0        5      1    0    0    0     0       0          0
";

    #[test]
    fn what_moves_within_the_machine_is_no_network_traffic() {
        assert_eq!(network(NETWORK), Some(Traffic { incoming: 1020, outgoing: 705 }));
    }

    #[test]
    fn bytes_of_devices_are_told_from_bytes_of_calls() {
        let text = "rchar: 9\nwchar: 8\nsyscr: 7\nsyscw: 6\nread_bytes: 4096\nwrite_bytes: 512\n\
                    cancelled_write_bytes: 0\n";
        assert_eq!(disk(text), Some(Traffic { incoming: 4096, outgoing: 512 }));
    }

    #[test]
    fn what_is_not_understood_is_not_made_up() {
        assert_eq!(network("a\nb\neth0: many\n"), None);
        assert_eq!(network("a\nb\neth0: 1 2 3\n"), None);
        assert_eq!(disk("read_bytes: 1\n"), None);
    }
}
