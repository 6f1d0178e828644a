//! What `make bench` measured: docs/performance/bench.json. Imports nothing of ours.

use anyhow::{Context, Result, ensure};
use rust_decimal::Decimal;
use serde::Deserialize;

/// The rows of the last run that called something.
#[derive(Debug)]
pub struct Bench {
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct File {
    rows: Vec<Figures>,
}

/// The medians of one program under one share of a processor. What was only started has no calls.
#[derive(Deserialize)]
struct Figures {
    name: String,
    share: Decimal,
    init_wall_ms: Decimal,
    first_wall_ms: Option<Decimal>,
    warm_wall_ms: Option<Decimal>,
    log_bytes: Option<Decimal>,
}

/// One program, under one share of a processor.
#[derive(Clone, Debug)]
pub struct Row {
    /// The operation; other rows are programs to compare with.
    name: String,
    /// 1 for a whole processor, 0.29 for what Lambda gives 512 MB.
    share: Decimal,
    init_wall_ms: Decimal,
    first_wall_ms: Decimal,
    /// Time of a call in a process that has answered one.
    pub warm_wall_ms: Decimal,
    /// Bytes of the lines that one call writes.
    pub log_bytes: Decimal,
}

impl Row {
    fn of(figures: Figures) -> Option<Self> {
        let Figures { name, share, init_wall_ms, first_wall_ms, warm_wall_ms, log_bytes } = figures;
        Some(Self { name, share, init_wall_ms, first_wall_ms: first_wall_ms?, warm_wall_ms: warm_wall_ms?, log_bytes: log_bytes? })
    }

    /// The time that a call takes longer if it starts a process.
    pub fn cold_ms(&self) -> Decimal {
        self.init_wall_ms + (self.first_wall_ms - self.warm_wall_ms).max(Decimal::ZERO)
    }

    /// The time from the start of a process to its first answer.
    pub fn first_answer_ms(&self) -> Decimal {
        self.init_wall_ms + self.first_wall_ms
    }
}

/// The memory in MB to which Lambda gives one whole processor.
const WHOLE_PROCESSOR_MB: Decimal = Decimal::from_parts(1769, 0, 0, false, 0);

impl Bench {
    /// The rows in `text`.
    pub fn parse(text: &str) -> Result<Self> {
        let file: File = serde_json::from_str(text).context("is not what `make bench` writes")?;
        let rows: Vec<_> = file.rows.into_iter().filter_map(Row::of).collect();
        ensure!(!rows.is_empty(), "has no row of calls");
        Ok(Self { rows })
    }

    /// The row of `name` under a whole processor.
    pub fn whole(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.name == name && row.share == Decimal::ONE)
    }

    /// The row of `operation` under the share that is nearest to what Lambda gives `memory_mb`.
    pub fn row(&self, operation: &str, memory_mb: Decimal) -> Option<&Row> {
        let share = (memory_mb / WHOLE_PROCESSOR_MB).min(Decimal::ONE);
        self.rows.iter().filter(|row| row.name == operation).min_by_key(|row| (row.share - share).abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_the_memory_decides() {
        let row = |share, warm| {
            format!(
                r#"{{"name":"jwks","what":"","share":{share},"init_wall_ms":2,"first_wall_ms":5.5,"warm_wall_ms":{warm},"log_bytes":200}}"#
            )
        };
        let started = r#"{"name":"keys","what":"","share":1,"init_wall_ms":2}"#;
        let bench = Bench::parse(&format!(r#"{{"rows":[{},{},{started}]}}"#, row("1", "1"), row("0.29", "3.5"))).unwrap();

        assert_eq!(bench.row("jwks", 512.into()).unwrap().warm_wall_ms, "3.5".parse().unwrap());
        assert_eq!(bench.row("jwks", 3008.into()).unwrap().warm_wall_ms, 1.into());
        assert_eq!(bench.row("jwks", 512.into()).unwrap().cold_ms(), 4.into());
        assert!(bench.row("user-login", 512.into()).is_none() && bench.row("keys", 1769.into()).is_none());
    }
}
