//! The units that each operation consumes: the table of docs/costs.md. Imports nothing of ours.

use anyhow::{Context, Result, ensure};
use rust_decimal::Decimal;

/// The rows of the table.
#[derive(Debug)]
pub struct Units {
    pub rows: Vec<Row>,
}

/// What one operation consumes in one case.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The operation, and in parentheses the case; the usual one has none.
    pub name: String,
    /// How many requests to DynamoDB follow one another.
    pub rounds: Decimal,
    /// Read request units.
    pub reads: Decimal,
    /// Write request units.
    pub writes: Decimal,
}

impl Row {
    /// The operation, without the case.
    pub fn operation(&self) -> &str {
        self.name.split(" (").next().unwrap_or_default()
    }
}

/// The columns that are read, by their names.
const COLUMNS: [&str; 4] = ["operation", "requests in sequence", "read units", "write units"];

impl Units {
    /// The rows of the table in `page`.
    pub fn parse(page: &str) -> Result<Self> {
        let columns = page.lines().find_map(places).with_context(|| format!("has no table with the columns {}", COLUMNS.join(", ")))?;
        let of_table = page.lines().skip_while(|line| places(line).is_none()).skip(2).take_while(|line| line.starts_with('|'));
        let rows = of_table.map(|line| row(line, &columns).with_context(|| line.to_owned())).collect::<Result<Vec<_>>>()?;
        ensure!(!rows.is_empty(), "has no rows");
        Ok(Self { rows })
    }

    /// The row with this name.
    pub fn row(&self, name: &str) -> Result<&Row> {
        self.rows.iter().find(|row| row.name == name).with_context(|| format!("docs/costs.md has no row {name}"))
    }
}

/// Where each column stands, if `line` is the head of the table.
fn places(line: &str) -> Option<[usize; 4]> {
    let cells = cells(line);
    let mut places = [0; 4];
    for (place, column) in places.iter_mut().zip(COLUMNS) {
        *place = cells.iter().position(|cell| *cell == column)?;
    }
    Some(places)
}

fn row(line: &str, columns: &[usize; 4]) -> Result<Row> {
    let cells = cells(line);
    let cell = |column: usize| cells.get(column).copied().context("has too few cells");
    let [name, rounds, reads, writes] = *columns;
    let number = |column| cell(column)?.parse().ok().context("has a cell that is not a number");
    Ok(Row { name: cell(name)?.to_owned(), rounds: number(rounds)?, reads: number(reads)?, writes: number(writes)? })
}

fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split('|').map(str::trim).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_by_the_names_of_their_columns() {
        let page = "text\n\n| operation | requests in sequence | requests | read units | write units |\n|---|---|---|---|---|\n\
                    | user-login | 2 | GetItem + UpdateItem, PutItem | 1 | 2 |\n| introspect (a session) | 1 | BatchGetItem | 2.5 | 0 |\n\nmore";

        let units = Units::parse(page).unwrap();

        assert_eq!(units.rows.len(), 2);
        let row = units.row("introspect (a session)").unwrap();
        assert_eq!((row.operation(), row.rounds, row.reads, row.writes), ("introspect", 1.into(), "2.5".parse().unwrap(), 0.into()));
    }

    #[test]
    fn units_that_are_not_counted_apart_are_refused() {
        let page = "| operation | requests in sequence | requests | capacity units |\n|---|---|---|---|\n| jwks | 0 |  | 0 |\n";

        assert!(Units::parse(page).is_err());
    }
}
