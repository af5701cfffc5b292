//! What a metric is declared as, and how an instrument comes of it.

use opentelemetry::{
    KeyValue,
    metrics::{AsyncInstrument, Counter, Gauge, Histogram, Meter, ObservableGauge, UpDownCounter},
};

/// How values add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only rises.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts values by size.
    Histogram,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things, counted.
    Count,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// United States dollars; Prometheus knows no unit of money, so the name says it.
    Dollars,
}

/// A label, and what can be its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    /// Its name.
    pub name: &'static str,
    /// Its values, for the documentation: few, and none that a client can make up.
    pub values: &'static str,
}

impl Label {
    pub(crate) const fn new(name: &'static str, values: &'static str) -> Self {
        Self { name, values }
    }
}

/// The declaration of a metric.
#[derive(Debug)]
pub struct Metric {
    /// The name for OpenTelemetry. Exporters to Prometheus add the unit, and `_total` to
    /// counters: see [`Metric::exported_name`].
    pub name: &'static str,
    /// How values add up.
    pub kind: Kind,
    /// What is measured.
    pub unit: Unit,
    /// What it means, in a sentence without a full stop.
    pub help: &'static str,
    /// What tells its series apart.
    pub labels: &'static [Label],
    /// The upper bounds of a histogram's buckets.
    pub buckets: &'static [f64],
}

impl Metric {
    pub(crate) const fn counter(
        name: &'static str,
        help: &'static str,
        labels: &'static [Label],
    ) -> Self {
        Self { name, kind: Kind::Counter, unit: Unit::Count, help, labels, buckets: &[] }
    }

    pub(crate) const fn gauge(
        name: &'static str,
        help: &'static str,
        labels: &'static [Label],
    ) -> Self {
        Self { name, kind: Kind::Gauge, unit: Unit::Count, help, labels, buckets: &[] }
    }

    /// A histogram of durations.
    pub(crate) const fn durations(
        name: &'static str,
        help: &'static str,
        labels: &'static [Label],
        buckets: &'static [f64],
    ) -> Self {
        Self { name, kind: Kind::Histogram, unit: Unit::Seconds, help, labels, buckets }
    }

    /// A histogram of small numbers.
    pub(crate) const fn numbers(
        name: &'static str,
        help: &'static str,
        labels: &'static [Label],
        buckets: &'static [f64],
    ) -> Self {
        Self { name, kind: Kind::Histogram, unit: Unit::Count, help, labels, buckets }
    }

    /// The same in another unit.
    pub(crate) const fn of(self, unit: Unit) -> Self {
        Self { unit, ..self }
    }

    /// The name that Prometheus sees.
    #[must_use]
    pub fn exported_name(&self) -> String {
        let unit = match self.unit {
            Unit::Seconds => "_seconds",
            Unit::Bytes => "_bytes",
            Unit::Count | Unit::Dollars => "",
        };
        let total = if self.kind == Kind::Counter { "_total" } else { "" };
        format!("{}{unit}{total}", self.name)
    }

    /// The unit as OpenTelemetry writes it (UCUM).
    pub(crate) const fn code_of_unit(&self) -> &'static str {
        match self.unit {
            Unit::Seconds => "s",
            Unit::Bytes => "By",
            Unit::Count | Unit::Dollars => "",
        }
    }

    pub(crate) fn build_counter(&self, meter: &Meter) -> Counter<u64> {
        let builder = meter.u64_counter(self.name).with_description(self.help);
        builder.with_unit(self.code_of_unit()).build()
    }

    pub(crate) fn build_sum(&self, meter: &Meter) -> Counter<f64> {
        let builder = meter.f64_counter(self.name).with_description(self.help);
        builder.with_unit(self.code_of_unit()).build()
    }

    pub(crate) fn build_gauge(&self, meter: &Meter) -> Gauge<u64> {
        let builder = meter.u64_gauge(self.name).with_description(self.help);
        builder.with_unit(self.code_of_unit()).build()
    }

    /// A gauge of what is not counted but measured.
    pub(crate) fn build_measure(&self, meter: &Meter) -> Gauge<f64> {
        let builder = meter.f64_gauge(self.name).with_description(self.help);
        builder.with_unit(self.code_of_unit()).build()
    }

    /// What goes up and down by one, such as the things that are running. Declared as a gauge,
    /// which it is to Prometheus.
    pub(crate) fn build_up_down_counter(&self, meter: &Meter) -> UpDownCounter<i64> {
        let builder = meter.i64_up_down_counter(self.name).with_description(self.help);
        builder.with_unit(self.code_of_unit()).build()
    }

    /// A gauge whose values are asked for when metrics are read: `read` is given a function that
    /// takes a value and its labels. The meter keeps it for good.
    pub(crate) fn build_observed_gauge(
        &self,
        meter: &Meter,
        read: impl Fn(&dyn Fn(u64, &[KeyValue])) + Send + Sync + 'static,
    ) {
        let builder = meter.u64_observable_gauge(self.name).with_description(self.help);
        let builder = builder.with_unit(self.code_of_unit());
        let observe = move |to: &dyn AsyncInstrument<u64>| {
            read(&|value, labels| to.observe(value, labels));
        };
        // The instrument itself is only a name for what the meter keeps.
        let _: ObservableGauge<u64> = builder.with_callback(observe).build();
    }

    pub(crate) fn build_histogram(&self, meter: &Meter) -> Histogram<f64> {
        let builder = meter.f64_histogram(self.name).with_description(self.help);
        let builder = builder.with_unit(self.code_of_unit());
        builder.with_boundaries(self.buckets.to_vec()).build()
    }
}
