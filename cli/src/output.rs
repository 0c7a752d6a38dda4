//! What the program prints: tables for people, a JSON object per line for scripts.
//!
//! Results go to standard output. Notes and failures go to standard error, so that a script reads results only.

use std::io::{self, Write};

use comfy_table::{Table, presets};
use serde_json::Value;

/// Where results and notes go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    /// With `json`, results are lines of JSON.
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Shows records: as they are for scripts, or as a table for people.
    pub(crate) fn records(self, records: &[Value], table: impl FnOnce(&[Value]) -> Rows) {
        if self.json {
            records.iter().for_each(|record| line(&record.to_string()));
        } else if records.is_empty() {
            self.note("Nothing matches.");
        } else {
            line(&table(records).to_string());
        }
    }

    /// Shows records that follow others of the same table: the headings are not repeated.
    pub(crate) fn more_records(self, records: &[Value], table: impl FnOnce(&[Value]) -> Rows) {
        if self.json {
            self.records(records, table);
        } else {
            line(&table(records).without_headings());
        }
    }

    /// Shows one record: as it is for scripts, or as this text for people.
    pub(crate) fn record(self, record: &Value, text: impl FnOnce() -> String) {
        line(&if self.json {
            record.to_string()
        } else {
            text()
        });
    }

    /// Says something that is no result.
    pub(crate) fn note(self, text: &str) {
        // Without a standard error nothing is left to say it on.
        writeln!(io::stderr(), "{text}").ok();
    }
}

/// A reader that went away (`ringpost … | head`) has what it wants: there is nothing more to do.
fn line(text: &str) {
    let mut stdout = io::stdout().lock();
    if writeln!(stdout, "{}", text.trim_end())
        .and_then(|()| stdout.flush())
        .is_err()
    {
        std::process::exit(0);
    }
}

/// The rows of a table under their headings.
pub(crate) struct Rows(Table);

impl Rows {
    /// An empty table.
    pub(crate) fn new(headings: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut table = Table::new();
        table
            .load_style(presets::NOTHING)
            .set_header(headings.into_iter().map(Into::into));
        Self(table)
    }

    /// Adds a row. Control characters, with which a payload could steer a terminal, are replaced.
    pub(crate) fn push(&mut self, cells: impl IntoIterator<Item = String>) {
        self.0
            .add_row(cells.into_iter().map(|cell| printable(&cell)));
    }

    fn without_headings(&self) -> String {
        let text = self.to_string();
        text.split_once('\n')
            .map_or_else(String::new, |(_, rows)| rows.to_owned())
    }
}

impl std::fmt::Display for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for line in self.0.lines() {
            // Each cell has a space before it.
            writeln!(f, "{}", line.strip_prefix(' ').unwrap_or(&line).trim_end())?;
        }
        Ok(())
    }
}

/// A text on one line, without control characters.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}
