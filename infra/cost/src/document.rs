//! Headings, sentences and tables, for a terminal and for Markdown. Imports nothing of ours.

use anyhow::{Context, Result};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use rust_decimal::{Decimal, RoundingStrategy};

/// What a page consists of.
#[derive(Clone, Debug)]
pub enum Block {
    /// The heading of a section.
    Heading(&'static str),
    /// A paragraph.
    Text(String),
    /// The head and the rows.
    Table(Vec<String>, Vec<Vec<String>>),
}

/// Where a page is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    /// A file in the docs.
    Markdown,
    /// A person's screen, where long cells are wrapped.
    Terminal,
}

/// What stands around the written part of a page.
const BEGIN: &str = "<!-- written by `make cost` -->\n";
const END: &str = "\n<!-- /written -->";

/// The widest table on a terminal, in characters.
const TERMINAL_WIDTH: u16 = 180;

/// A table with this head.
pub fn table(head: &[&str], rows: Vec<Vec<String>>) -> Block {
    Block::Table(head.iter().map(|&cell| cell.to_owned()).collect(), rows)
}

/// The text of `blocks`.
#[must_use]
pub fn render(blocks: &[Block], medium: Medium) -> String {
    let rendered = blocks.iter().map(|block| match block {
        Block::Heading(text) => format!("## {text}\n"),
        Block::Text(text) => format!("{text}\n"),
        Block::Table(head, rows) if medium == Medium::Markdown => markdown(head, rows),
        Block::Table(head, rows) => aligned(head, rows),
    });
    rendered.collect::<Vec<_>>().join("\n")
}

fn markdown(head: &[String], rows: &[Vec<String>]) -> String {
    let rule: String = head.iter().map(|_| "---|").collect();
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    format!("{}|{rule}\n{}", line(head), rows.iter().map(|cells| line(cells)).collect::<String>())
}

fn aligned(head: &[String], rows: &[Vec<String>]) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_content_arrangement(ContentArrangement::Dynamic).set_width(TERMINAL_WIDTH);
    table.set_header(head).add_rows(rows.iter().map(|cells| cells.iter().map(|cell| cell.replace("<br>", "\n"))));
    for (index, column) in table.column_iter_mut().enumerate() {
        let is_number = |cell: &String| cell.len() < 16 && cell.starts_with(|c: char| "$~–".contains(c) || c.is_ascii_digit());
        let numbers = rows.iter().filter_map(|cells| cells.get(index)).all(is_number);
        if numbers {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    format!("{table}\n")
}

/// `page` with `text` in its written part.
///
/// # Errors
/// If the page has no such part.
pub fn written(page: &str, text: &str) -> Result<String> {
    let (before, after) = parts(page)?;
    Ok([before, BEGIN, text, END, after].concat())
}

/// What stands in the written part of `page`.
///
/// # Errors
/// If the page has no such part.
pub fn written_part(page: &str) -> Result<&str> {
    let (before, after) = parts(page)?;
    page.get(before.len() + BEGIN.len()..page.len() - after.len() - END.len()).context("has no room between the markers")
}

fn parts(page: &str) -> Result<(&str, &str)> {
    let (before, rest) = page.split_once(BEGIN).with_context(|| format!("has no {BEGIN:?}"))?;
    let (_, after) = rest.split_once(END).with_context(|| format!("has no {END:?}"))?;
    Ok((before, after))
}

/// Dollars to the cent, with commas.
pub fn dollars(amount: Decimal) -> String {
    let text = format!("{:.2}", amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero));
    let (whole, cents) = text.split_once('.').unwrap_or((&text, "00"));
    format!("${}.{cents}", grouped(whole))
}

/// A whole number, with commas.
pub fn count(number: Decimal) -> String {
    grouped(&number.floor().normalize().to_string())
}

fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_cents_and_commas() {
        assert_eq!(["0", "3.605", "1234567.891"].map(|text| dollars(text.parse().unwrap())), ["$0.00", "$3.61", "$1,234,567.89"]);
        assert_eq!(["0", "999", "1000.5"].map(|text| count(text.parse().unwrap())), ["0", "999", "1,000"]);
    }

    #[test]
    fn only_the_written_part_of_a_page_changes() {
        let page = format!("# A page\n\n{BEGIN}old{END}\n\nmore\n");

        let again = written(&page, "new").unwrap();

        assert_eq!(again, format!("# A page\n\n{BEGIN}new{END}\n\nmore\n"));
        assert_eq!(written_part(&again).unwrap(), "new");
        assert!(written("no markers", "new").is_err());
    }

    #[test]
    fn a_table_is_markdown_in_both_media() {
        let blocks = [table(&["a", "b"], vec![vec!["x".to_owned(), "1".to_owned()]])];

        assert_eq!(render(&blocks, Medium::Markdown), "| a | b |\n|---|---|\n| x | 1 |\n");
        assert!(render(&blocks, Medium::Terminal).starts_with("| a | b |\n"));
    }
}
