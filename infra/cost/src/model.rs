//! What a call, a month and an attack consume. Imports [`crate::inputs`], [`crate::facts`] and [`crate::units`].

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::facts::Function;
use crate::inputs::Inputs;
use crate::units::Row;

pub const MILLION: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);
const THOUSAND: Decimal = Decimal::from_parts(1_000, 0, 0, false, 0);
const BYTES_PER_GB: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);
const MB_PER_GB: Decimal = Decimal::from_parts(1_024, 0, 0, false, 0);

/// The file `model.toml`, which says what each field means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    pub assumed: Assumed,
    pub target: Vec<Target>,
    pub mix: Vec<Share>,
    pub month: Vec<Month>,
    pub attack: Vec<Attack>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assumed {
    pub dynamodb_ms: Decimal,
    pub line_overhead_bytes: Decimal,
    pub function_lines: Decimal,
    pub platform_lines_bytes: Vec<Decimal>,
    pub access_line_bytes: Decimal,
    pub refusal_event_bytes: Decimal,
    pub user_bytes: Decimal,
    pub secret_reads_per_start: Decimal,
    pub version_reads_per_minute: Decimal,
    pub custom_metrics: Decimal,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    pub name: String,
    pub row: String,
    pub hand: Decimal,
    pub target: Decimal,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    pub row: String,
    pub what: String,
    pub of_thousand: Decimal,
    #[serde(default)]
    pub key_check: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Month {
    pub operations: Decimal,
    pub users: Decimal,
    pub cold_of_thousand: Decimal,
    pub busy_minutes: Decimal,
    pub kms_requests: Decimal,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attack {
    pub what: String,
    pub operation: String,
    pub time_of: String,
    pub rounds: Decimal,
    pub reads: Decimal,
    pub writes: Decimal,
    pub events: Decimal,
}

/// A processor that Lambda offers. The times are those that were measured, on either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Processor {
    X86,
    Arm,
}

/// Units by the id of their price.
pub type Quantities = BTreeMap<&'static str, Decimal>;

/// What one call consumes.
#[derive(Clone, Debug)]
pub struct Call {
    gateway: bool,
    memory_mb: Decimal,
    /// Time that Lambda bills.
    pub billed_ms: Decimal,
    /// Time more, if the call starts a process.
    cold_ms: Decimal,
    pub reads: Decimal,
    pub writes: Decimal,
    /// Bytes of all log lines.
    pub log_bytes: Decimal,
    /// Whether the time of this very operation was measured.
    pub measured: bool,
}

impl Call {
    /// What `count` such calls consume, `cold` of which start a process.
    pub fn quantities(&self, count: Decimal, cold: Decimal, processor: Processor) -> Quantities {
        let seconds = (count * self.billed_ms + cold * self.cold_ms) / THOUSAND;
        let duration = match processor {
            Processor::X86 => "lambda-x86_64",
            Processor::Arm => "lambda-arm64",
        };
        let requests = if self.gateway { count } else { Decimal::ZERO };
        BTreeMap::from([
            ("http-api", requests),
            ("lambda-requests", count),
            (duration, seconds * self.memory_mb / MB_PER_GB),
            ("dynamodb-reads", count * self.reads),
            ("dynamodb-writes", count * self.writes),
            ("logs", count * self.log_bytes / BYTES_PER_GB),
        ])
    }
}

impl Inputs {
    /// What one call in the case of `row` consumes.
    pub fn call(&self, row: &Row) -> Result<Call> {
        let function = self.facts.function(row.operation())?;
        self.consumes(function, row.operation(), row.rounds, row.reads, row.writes)
    }

    /// What one refused call of `attack` consumes.
    pub fn refused(&self, attack: &Attack) -> Result<Call> {
        let function = self.facts.function(&attack.operation)?;
        let call = self.consumes(function, &attack.time_of, attack.rounds, attack.reads, attack.writes)?;
        Ok(Call { log_bytes: call.log_bytes + attack.events * self.model.assumed.refusal_event_bytes, ..call })
    }

    fn consumes(&self, function: &Function, time_of: &str, rounds: Decimal, reads: Decimal, writes: Decimal) -> Result<Call> {
        let assumed = &self.model.assumed;
        let own = self.bench.row(time_of, function.memory_mb);
        // What was not measured takes as long as the slowest with the same memory.
        let slowest = || {
            let alike = self.facts.operations.iter().filter(|other| other.memory_mb == function.memory_mb);
            alike.filter_map(|other| self.bench.row(&other.name, other.memory_mb)).max_by_key(|row| row.warm_wall_ms)
        };
        let time = own.or_else(slowest).with_context(|| format!("no operation with the memory of {} was measured", function.name))?;

        let line = |bytes: Decimal| bytes + assumed.line_overhead_bytes;
        let mut log_bytes = time.log_bytes + assumed.function_lines * assumed.line_overhead_bytes;
        if self.facts.platform_lines {
            log_bytes += assumed.platform_lines_bytes.iter().copied().map(line).sum::<Decimal>();
        }
        if self.facts.access_lines && function.gateway {
            log_bytes += line(assumed.access_line_bytes);
        }
        Ok(Call {
            gateway: function.gateway,
            memory_mb: function.memory_mb,
            billed_ms: (time.warm_wall_ms + rounds * assumed.dynamodb_ms).ceil(),
            cold_ms: time.cold_ms(),
            reads,
            writes,
            log_bytes,
            measured: own.is_some(),
        })
    }

    /// What a million of `call` cost in `region`.
    pub fn per_million(&self, call: &Call, region: &str, processor: Processor) -> Result<Decimal> {
        self.sum(&call.quantities(MILLION, Decimal::ZERO, processor), region)
    }

    /// What `quantities` cost in `region`.
    pub fn sum(&self, quantities: &Quantities, region: &str) -> Result<Decimal> {
        quantities.iter().map(|(id, quantity)| self.prices.of(id, region, *quantity)).sum()
    }

    /// What the stack consumes in `month`, with everything that the template makes.
    pub fn month(&self, month: &Month, processor: Processor) -> Result<Quantities> {
        let assumed = &self.model.assumed;
        let mut sum = Quantities::new();
        for share in &self.model.mix {
            let call = self.call(self.units.row(&share.row)?)?;
            let count = month.operations * share.of_thousand / THOUSAND;
            add(&mut sum, call.quantities(count, count * month.cold_of_thousand / THOUSAND, processor));
        }
        let starts = month.operations * month.cold_of_thousand / THOUSAND;
        let stored = month.users * assumed.user_bytes / BYTES_PER_GB;
        add(
            &mut sum,
            BTreeMap::from([
                ("dynamodb-storage", stored),
                ("dynamodb-backup", stored),
                ("secrets", self.facts.secrets.into()),
                ("secret-reads", starts * assumed.secret_reads_per_start),
                ("dynamodb-reads", month.busy_minutes * assumed.version_reads_per_minute),
                ("alarm-metrics", self.facts.alarm_metrics.into()),
                ("custom-metrics", assumed.custom_metrics),
                ("dashboards", self.facts.dashboards.into()),
                ("kms-requests", month.kms_requests),
            ]),
        );
        Ok(sum)
    }

    /// How many checks of API keys are in `month`, and what they alone cost in `region`, apart from what the template makes.
    pub fn key_checks(&self, month: &Month, region: &str) -> Result<(Decimal, Decimal)> {
        let (mut checks, mut cost) = (Decimal::ZERO, Decimal::ZERO);
        for share in self.model.mix.iter().filter(|share| share.key_check) {
            let call = self.call(self.units.row(&share.row)?)?;
            let count = month.operations * share.of_thousand / THOUSAND;
            checks += count;
            cost += self.sum(&call.quantities(count, count * month.cold_of_thousand / THOUSAND, Processor::X86), region)?;
        }
        Ok((checks, cost))
    }
}

fn add(sum: &mut Quantities, more: Quantities) {
    for (id, quantity) in more {
        *sum.entry(id).or_default() += quantity;
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const US: &str = "us-east-1";

    fn inputs() -> Inputs {
        let (units, bench) = (include_str!("../fixtures/costs.md"), include_str!("../fixtures/bench.json"));
        Inputs::with(Path::new("../.."), units, bench).unwrap()
    }

    fn call() -> Call {
        Call {
            gateway: true,
            memory_mb: 1769.into(),
            billed_ms: 24.into(),
            cold_ms: 40.into(),
            reads: 1.into(),
            writes: 2.into(),
            log_bytes: 1000.into(),
            measured: true,
        }
    }

    #[test]
    fn a_million_logins_by_hand() {
        // 1.00 gateway + 0.20 requests + 0.125 a read + 2 × 0.625 writes + 1 GB of logs at 0.50, and
        // 1769/1024 GB × 24,000 s × 0.0000166667 = 0.69102...
        let cost = inputs().per_million(&call(), US, Processor::X86).unwrap();

        assert_eq!(cost.round_dp(4), "3.7660".parse().unwrap());
    }

    #[test]
    fn arm_is_cheaper_by_its_seconds_alone() {
        let inputs = inputs();
        let [x86, arm] = [Processor::X86, Processor::Arm].map(|processor| inputs.per_million(&call(), US, processor).unwrap());

        // 41,460.9375 GB-seconds × 0.0000033333.
        assert_eq!((x86 - arm).round_dp(6), "0.138202".parse().unwrap());
    }

    #[test]
    fn what_starts_a_process_is_billed_for_it() {
        let [warm, cold] = [0, 1000].map(|cold| call().quantities(1000.into(), cold.into(), Processor::X86));

        // A thousand times 40 ms.
        assert_eq!(cold["lambda-x86_64"] - warm["lambda-x86_64"], Decimal::from(40) * Decimal::from(1769) / Decimal::from(1024));
    }

    #[test]
    fn the_time_in_dynamodb_is_added_and_rounded_up() {
        let inputs = inputs();

        // The fixture's 15.2 ms, and two requests in sequence of 4 ms each.
        let login = inputs.call(inputs.units.row("user-login").unwrap()).unwrap();
        assert_eq!((login.billed_ms, login.measured), (24.into(), true));

        // The fixture does not measure it; the slowest with 1769 MB is the login. Three requests in sequence.
        let password = inputs.call(inputs.units.row("user-password").unwrap()).unwrap();
        assert_eq!((password.billed_ms, password.measured), (28.into(), false));
    }

    #[test]
    fn the_authorizer_pays_no_gateway() {
        let inputs = inputs();
        let call = inputs.call(inputs.units.row("authorizer (an API key)").unwrap()).unwrap();

        assert_eq!(call.quantities(1.into(), 0.into(), Processor::X86)["http-api"], 0.into());
    }

    #[test]
    fn the_mix_is_of_a_thousand() {
        let inputs = inputs();
        assert_eq!(inputs.model.mix.iter().map(|share| share.of_thousand).sum::<Decimal>(), THOUSAND);

        let month = &inputs.model.month[1];
        let consumed = inputs.month(month, Processor::X86).unwrap();
        assert_eq!(consumed["lambda-requests"], MILLION);
        // All but the authorizer's come through the gateway.
        assert_eq!(consumed["http-api"], Decimal::from(650_000));
        // 20,000 starts with two requests each.
        assert_eq!(consumed["secret-reads"], Decimal::from(40_000));
    }

    #[test]
    fn a_refusal_writes_its_event() {
        let inputs = inputs();
        let [guess, forged] = ["wrong passwords, each under another name and from another address", "forged one-time tokens"].map(|what| {
            let attack = inputs.model.attack.iter().find(|attack| attack.what == what).unwrap();
            inputs.refused(attack).unwrap()
        });

        assert_eq!((guess.reads, guess.writes, guess.billed_ms), (1.into(), 3.into(), 24.into()));
        assert_eq!((forged.reads, forged.writes), (0.into(), 0.into()));
        assert!(guess.log_bytes > forged.log_bytes);
    }
}
