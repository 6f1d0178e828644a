//! What commands answer: tables for a person, JSON for a script. Imports [`crate::terminal`].

use std::sync::Arc;

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use serde_json::json;

use crate::Failure;
use crate::terminal::Terminal;

/// Where answers go.
#[derive(Clone)]
pub struct Output {
    /// The terminal, for questions.
    pub terminal: Arc<dyn Terminal>,
    /// Whether a script reads the answers.
    pub json: bool,
}

impl Output {
    /// Answers on `terminal`.
    #[must_use]
    pub fn new(terminal: Arc<dyn Terminal>, json: bool) -> Self {
        Self { terminal, json }
    }

    /// One answer: a sentence for a person, a document for a script.
    ///
    /// # Errors
    /// If the document cannot be serialized.
    pub fn answer(&self, sentence: impl AsRef<str>, document: &impl Serialize) -> Result<(), Failure> {
        if self.json {
            self.terminal.say(&serde_json::to_string(document)?);
        } else {
            self.terminal.say(sentence.as_ref());
        }
        Ok(())
    }

    /// A remark beside the answer, for a person only.
    pub fn remark(&self, sentence: impl AsRef<str>) {
        if !self.json {
            self.terminal.complain(sentence.as_ref());
        }
    }

    /// One thing: a line for each property for a person, a document for a script.
    ///
    /// # Errors
    /// If the document cannot be serialized.
    pub fn thing(&self, properties: &[(&str, String)], document: &impl Serialize) -> Result<(), Failure> {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        for (name, value) in properties {
            table.add_row([(*name).to_owned(), printable(value)]);
        }
        self.answer(trimmed(&table), document)
    }

    /// A list: a table for a person, a document a line for a script. A person is told `empty` if there are no rows.
    ///
    /// # Errors
    /// If a row cannot be serialized.
    pub fn list<T: Serialize>(&self, columns: &[&str], rows: &[T], cells: impl Fn(&T) -> Vec<String>, empty: &str) -> Result<(), Failure> {
        if self.json {
            for row in rows {
                self.terminal.say(&serde_json::to_string(row)?);
            }
            return Ok(());
        }
        if rows.is_empty() {
            self.remark(empty);
            return Ok(());
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(columns.iter().map(|column| column.to_uppercase()));
        for row in rows {
            table.add_row(cells(row).iter().map(|cell| printable(cell)));
        }
        self.terminal.say(&trimmed(&table));
        Ok(())
    }

    /// Reports on standard error why the command failed.
    pub fn failed(&self, failure: &Failure) {
        if self.json {
            self.terminal.complain(&json!({ "error": failure.to_string(), "kind": failure.kind() }).to_string());
        } else {
            self.terminal.complain(&format!("latchkey: {failure}"));
        }
    }
}

/// Escapes what could deceive an operator at a terminal: somebody else's text, such as a key's name, must not move the
/// cursor or turn the text around.
#[must_use]
pub fn printable(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || turns(c) { c.escape_unicode().to_string() } else { c.to_string() }).collect()
}

fn trimmed(table: &Table) -> String {
    table.to_string().lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>().join("\n")
}
