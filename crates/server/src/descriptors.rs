//! File descriptors: connections take them, and a process may have only so many.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// A connection has its socket, and a second descriptor by which it is closed when it idles.
const PER_CONNECTION: u64 = 2;

/// Raises the limit of descriptors as far as the process may, says so, and tells for how many
/// connections there is room besides everything else.
pub(crate) fn raise_limit() -> usize {
    let before = getrlimit(Resource::Nofile);
    if before.current != before.maximum {
        let raised = Rlimit { current: before.maximum, maximum: before.maximum };
        let (from, to) = (text(before.current), text(before.maximum));
        match setrlimit(Resource::Nofile, raised) {
            Ok(()) => tracing::info!(from, to, "The limit of open files was raised"),
            Err(error) => {
                tracing::warn!(from, to, %error, "The limit of open files can't be raised");
            }
        }
    }
    room(getrlimit(Resource::Nofile).current)
}

fn text(limit: Option<u64>) -> String {
    limit.map_or_else(|| "unlimited".to_owned(), |limit| limit.to_string())
}

/// For how many connections there is room within a limit. A quarter, but 64 to 1,024, is left to the
/// databases, the provider, files and whatever else takes descriptors.
fn room(limit: Option<u64>) -> usize {
    let Some(limit) = limit else { return usize::MAX };
    let others = (limit / 4).clamp(64, 1024);
    let room = limit.saturating_sub(others) / PER_CONNECTION;
    usize::try_from(room).unwrap_or(usize::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_to_everything_else() {
        for (limit, connections) in
            [(10, 1), (256, 96), (1024, 384), (4096, 1536), (65_536, 32_256), (1 << 20, 523_776)]
        {
            assert_eq!(room(Some(limit)), connections, "{limit}");
        }
        assert_eq!(room(None), usize::MAX);
    }
}
