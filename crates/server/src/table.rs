//! Lists: tables where a person looks, lines of fields between tabs where a program reads.

use comfy_table::{ContentArrangement, Table, presets};
use jiff::{Timestamp, tz::TimeZone};
use terminal_size::{Width, terminal_size};

use crate::sanitize::one_line;

/// How wide tables are where nobody knows the width.
const USUAL_WIDTH: u16 = 80;

/// How lists are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// As tables of at most so many columns of characters.
    Table { width: u16 },
    /// As lines of fields between tabs.
    Tabs,
}

impl Layout {
    /// Tables for a person who looks at a terminal, as wide as that is.
    pub(crate) fn of(is_looked_at: bool) -> Self {
        if !is_looked_at {
            return Self::Tabs;
        }
        let width = terminal_size().map_or(USUAL_WIDTH, |(Width(width), _)| width);
        // Two of them are the margin.
        Self::Table { width: width.saturating_sub(2).max(20) }
    }
}

/// The rows below the header, or without it where a program reads.
pub(crate) fn lay_out<const N: usize>(
    header: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
    layout: Layout,
) -> String {
    let rows = rows.map(|row| row.map(|cell| one_line(&cell)));
    match layout {
        Layout::Tabs => rows.map(|row| row.join("\t") + "\n").collect(),
        Layout::Table { width } => {
            let mut table = Table::new();
            table
                .load_style(presets::NOTHING)
                .set_content_arrangement(ContentArrangement::Dynamic)
                .set_width(width)
                .set_header(header)
                .add_rows(rows);
            table.lines().map(|line| format!("  {}\n", line.trim_end())).collect()
        }
    }
}

/// A day stays as it is; an instant is shown as people here read clocks. Programs get both as they
/// came.
pub(crate) fn local(time: &str, layout: Layout) -> String {
    match (layout, time.parse::<Timestamp>()) {
        (Layout::Table { .. }, Ok(instant)) => {
            instant.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
        }
        _ => time.to_owned(),
    }
}
