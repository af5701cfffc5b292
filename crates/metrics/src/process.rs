//! The process: what it is and what it uses.

mod proc_files;

use std::time::Instant;

use opentelemetry::{KeyValue, metrics::Meter};

use self::proc_files::Traffic;
use crate::metric::{Label, Metric, Unit};

const BUILD_INFO: Metric = Metric::gauge(
    "build_info",
    "Always 1; its label tells what runs",
    &[Label::new("version", "the version of the service")],
);
const UPTIME: Metric =
    Metric::gauge("process_uptime", "How long the process has been running", &[]).of(Unit::Seconds);
const NETWORK_RECEIVED: Metric = Metric::counter(
    "process_network_receive",
    "Received over the network by the process's network namespace, loopback left out",
    &[],
)
.of(Unit::Bytes);
const NETWORK_SENT: Metric = Metric::counter(
    "process_network_transmit",
    "Sent over the network by the process's network namespace, loopback left out",
    &[],
)
.of(Unit::Bytes);
const DISK_READ: Metric =
    Metric::counter("process_disk_read", "Read from storage devices by the process", &[])
        .of(Unit::Bytes);
const DISK_WRITTEN: Metric =
    Metric::counter("process_disk_write", "Written to storage devices by the process", &[])
        .of(Unit::Bytes);

// What the process collector of the `prometheus` crate exports, on Linux.
const CPU: Metric =
    Metric::counter("process_cpu", "Time on processors, in whole seconds", &[]).of(Unit::Seconds);
const RESIDENT_MEMORY: Metric =
    Metric::gauge("process_resident_memory", "Memory in use", &[]).of(Unit::Bytes);
const VIRTUAL_MEMORY: Metric =
    Metric::gauge("process_virtual_memory", "Address space in use", &[]).of(Unit::Bytes);
const OPEN_FDS: Metric =
    Metric::gauge("process_open_fds", "Open file descriptors, sockets included", &[]);
const MAX_FDS: Metric =
    Metric::gauge("process_max_fds", "How many file descriptors may be open", &[]);
const THREADS: Metric = Metric::gauge("process_threads", "Threads", &[]);
const START_TIME: Metric =
    Metric::gauge("process_start_time", "When the process started, since 1970", &[])
        .of(Unit::Seconds);

const LOG_LINES_DROPPED: Metric = Metric::counter(
    "log_lines_dropped",
    "Lines of the log that were dropped because nobody took them fast enough",
    &[],
);

pub(crate) const ALL: &[&Metric] = &[
    &BUILD_INFO, &UPTIME, &START_TIME, &CPU, &RESIDENT_MEMORY, &VIRTUAL_MEMORY, &THREADS,
    &OPEN_FDS, &MAX_FDS, &NETWORK_RECEIVED, &NETWORK_SENT, &DISK_READ, &DISK_WRITTEN,
    &LOG_LINES_DROPPED,
];

/// Has the meter observe this process whenever metrics are collected: its version, how long it has
/// been running, and what it has moved over network and disk where the platform tells. Everything
/// else about the process is read by the exporter.
pub fn observe_process(meter: &Meter, version: &'static str, started: Instant) {
    BUILD_INFO.build_gauge(meter).record(1, &[KeyValue::new("version", version)]);
    meter
        .f64_observable_gauge(UPTIME.name)
        .with_description(UPTIME.help)
        .with_unit(UPTIME.code_of_unit())
        .with_callback(move |observer| observer.observe(started.elapsed().as_secs_f64(), &[]))
        .build();
    observe(meter, &NETWORK_RECEIVED, || Traffic::of_network().map(|traffic| traffic.incoming));
    observe(meter, &NETWORK_SENT, || Traffic::of_network().map(|traffic| traffic.outgoing));
    observe(meter, &DISK_READ, || Traffic::of_disk().map(|traffic| traffic.incoming));
    observe(meter, &DISK_WRITTEN, || Traffic::of_disk().map(|traffic| traffic.outgoing));
}

/// Has the meter observe how many lines of the log were dropped so far.
pub fn observe_log(meter: &Meter, dropped: fn() -> u64) {
    meter
        .u64_observable_counter(LOG_LINES_DROPPED.name)
        .with_description(LOG_LINES_DROPPED.help)
        .with_unit(LOG_LINES_DROPPED.code_of_unit())
        .with_callback(move |observer| observer.observe(dropped(), &[]))
        .build();
}

/// A counter that somebody else counts; without a value the series is left out.
fn observe(meter: &Meter, metric: &Metric, read: fn() -> Option<u64>) {
    meter
        .u64_observable_counter(metric.name)
        .with_description(metric.help)
        .with_unit(metric.code_of_unit())
        .with_callback(move |observer| {
            if let Some(value) = read() {
                observer.observe(value, &[]);
            }
        })
        .build();
}
