//! What Linux tells about a process in `/proc`. Elsewhere there is nothing to read.

/// Bytes that went in and out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Traffic {
    pub(super) incoming: u64,
    pub(super) outgoing: u64,
}

#[cfg(target_os = "linux")]
impl Traffic {
    /// The sum over all network interfaces but the loopback.
    pub(super) fn of_network() -> Option<Self> {
        let interfaces = procfs::net::dev_status().ok()?;
        let mut sum = Self { incoming: 0, outgoing: 0 };
        for (_, interface) in interfaces.into_iter().filter(|(name, _)| name != "lo") {
            sum.incoming += interface.recv_bytes;
            sum.outgoing += interface.sent_bytes;
        }
        Some(sum)
    }

    /// What reached disks, and not merely the cache of the system.
    pub(super) fn of_disk() -> Option<Self> {
        let io = procfs::process::Process::myself().ok()?.io().ok()?;
        Some(Self { incoming: io.read_bytes, outgoing: io.write_bytes })
    }
}

#[cfg(not(target_os = "linux"))]
impl Traffic {
    pub(super) fn of_network() -> Option<Self> {
        None
    }

    pub(super) fn of_disk() -> Option<Self> {
        None
    }
}
