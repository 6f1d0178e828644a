//! The file `limits.toml`, and the rates that follow from it. Imports nothing of ours.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What AWS limits, and what each operation takes of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub aws: Aws,
    pub operation: Vec<Operation>,
}

/// AWS's numbers, a second.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aws {
    pub key_reads: u64,
    pub key_writes: u64,
    pub table_reads: u64,
    pub table_writes: u64,
    pub gateway: u64,
    pub executions: u64,
    pub secret_reads: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    pub name: String,
    row: Option<String>,
    pub why: String,
    touches: Vec<Touch>,
}

/// The units that an operation consumes under one partition key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Touch {
    table: String,
    key: String,
    whose: String,
    #[serde(default)]
    reads: u64,
    #[serde(default)]
    writes: u64,
}

/// The rate at which one key is hot.
#[derive(Debug, PartialEq, Eq)]
pub struct HotKey {
    pub rate: u64,
    pub whose: String,
    /// The tables and keys, with the units that decide.
    pub places: Vec<String>,
}

/// The rate at which something that all calls share is used up.
#[derive(Debug, PartialEq, Eq)]
pub struct Shared {
    pub rate: u64,
    pub what: String,
}

impl Operation {
    /// The row of docs/costs.md that this is.
    pub fn row(&self) -> &str {
        self.row.as_deref().unwrap_or(&self.name)
    }

    /// Read and write units in all.
    pub fn units(&self) -> (u64, u64) {
        self.touches.iter().fold((0, 0), |(reads, writes), touch| (reads + touch.reads, writes + touch.writes))
    }

    /// For everyone whose keys it touches, the rate at which the first of them is hot; the lowest first.
    pub fn hot_keys(&self, aws: &Aws) -> Vec<HotKey> {
        let mut keys: Vec<HotKey> = Vec::new();
        for touch in &self.touches {
            let by_reads = (touch.reads > 0).then(|| (aws.key_reads / touch.reads, touch.reads, "read"));
            let by_writes = (touch.writes > 0).then(|| (aws.key_writes / touch.writes, touch.writes, "write"));
            let Some((rate, units, unit)) = by_reads.into_iter().chain(by_writes).min() else { continue };
            let plural = if units == 1 { "" } else { "s" };
            let place = format!("{units} {unit}{plural} of `{}` / `{}`", touch.table, touch.key);
            match keys.iter_mut().find(|key| key.whose == touch.whose) {
                Some(key) if key.rate == rate => key.places.push(place),
                Some(key) if key.rate < rate => {}
                Some(key) => (key.rate, key.places) = (rate, vec![place]),
                None => keys.push(HotKey { rate, whose: touch.whose.clone(), places: vec![place] }),
            }
        }
        keys.sort_by_key(|key| key.rate);
        keys
    }

    /// The first limit of all calls together, however they spread over keys.
    pub fn shared(&self, aws: &Aws) -> Shared {
        let mut tables = BTreeMap::<&str, (u64, u64)>::new();
        for touch in &self.touches {
            let (reads, writes) = tables.entry(&touch.table).or_default();
            (*reads, *writes) = (*reads + touch.reads, *writes + touch.writes);
        }
        let mut first = Shared { rate: aws.gateway, what: "requests of the account's gateways".to_owned() };
        for (table, (reads, writes)) in tables {
            for (units, limit, what) in [(reads, aws.table_reads, "read"), (writes, aws.table_writes, "write")] {
                let rate = limit.checked_div(units).unwrap_or(u64::MAX);
                if rate < first.rate {
                    first = Shared { rate, what: format!("{what} units of the table `{table}`") };
                }
            }
        }
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        toml::from_str(include_str!("../limits.toml")).unwrap()
    }

    #[test]
    fn the_hot_key_is_the_one_with_most_of_its_limit() {
        let limits = limits();
        let exchange = limits.operation.iter().find(|operation| operation.name == "authentication-token-exchange").unwrap();

        let keys = exchange.hot_keys(&limits.aws);

        // A write of a customer's row: 1,000 a second. A read of each of an issuer's: 3,000 a second.
        assert_eq!(
            keys.iter().map(|key| (key.rate, key.whose.as_str(), key.places.len())).collect::<Vec<_>>(),
            [(1_000, "customer", 1), (3_000, "issuer", 2)]
        );
        assert_eq!(keys[0].places, ["1 write of `sessions` / `<locator of the customer>`"]);
        assert_eq!(exchange.units(), (3, 1));
    }

    #[test]
    fn what_all_calls_share_ends_at_the_gateway_or_at_a_table() {
        let touches = |writes| vec![Touch { table: "users".to_owned(), key: String::new(), whose: String::new(), reads: 0, writes }];
        let shared = |writes| {
            let operation = Operation { name: String::new(), row: None, why: String::new(), touches: touches(writes) };
            operation.shared(&limits().aws)
        };

        assert_eq!(shared(1).rate, 10_000);
        // 40,000 units a second, five a call.
        assert_eq!(shared(5), Shared { rate: 8_000, what: "write units of the table `users`".to_owned() });
    }
}
