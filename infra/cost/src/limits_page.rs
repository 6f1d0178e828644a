//! docs/limits.md. Imports [`crate::document`] and [`crate::inputs`].

use anyhow::{Context, Result, ensure};
use rust_decimal::Decimal;

use crate::document::{Block, count, table};
use crate::inputs::Inputs;

/// What stands in the page.
///
/// # Errors
/// If `limits.toml` lacks an operation of the contract, or contradicts what was measured.
pub fn blocks(inputs: &Inputs) -> Result<Vec<Block>> {
    let (limits, aws) = (&inputs.limits, &inputs.limits.aws);
    for operation in &limits.operation {
        inputs.facts.function(&operation.name).context("infra/cost/limits.toml")?;
    }

    let mut rows = Vec::new();
    for function in &inputs.facts.operations {
        let operation = limits.operation.iter().find(|operation| operation.name == function.name);
        let operation = operation.with_context(|| format!("infra/cost/limits.toml has no operation {}", function.name))?;

        let measured = inputs.units.row(operation.row())?;
        let (reads, writes) = operation.units();
        ensure!(
            (measured.reads, measured.writes) == (reads.into(), writes.into()),
            "infra/cost/limits.toml: {} touches {reads} reads and {writes} writes; docs/costs.md measured {} and {}",
            operation.row(),
            measured.reads,
            measured.writes
        );

        let keys = operation.hot_keys(aws);
        let described = keys.iter().map(|key| format!("{} for one {}: {}", count(key.rate.into()), key.whose, key.places.join(", ")));
        let shared = operation.shared(aws);
        rows.push(vec![
            format!("`{}`", function.name),
            if keys.is_empty() { "no row".to_owned() } else { described.collect::<Vec<_>>().join("<br>") },
            format!("{}: {}", count(shared.rate.into()), shared.what),
            if function.gateway { function.throttle.to_string() } else { "–".to_owned() },
            operation.why.clone(),
        ]);
    }

    let longest = Decimal::from(1000 * aws.executions) / Decimal::from(aws.gateway);
    let slow = inputs.facts.operations.iter().filter_map(|function| inputs.call(inputs.units.row(&function.name).ok()?).ok());
    let slowest = slow.map(|call| call.billed_ms).max().unwrap_or_default();
    Ok(vec![
        Block::Heading("Each operation"),
        Block::Text(
            "Calls a second. Under one key: the first limit, if all calls are of the same one; DynamoDB splits a table by its keys, and no \
             key gets more. In all: the first limit, if they spread over many keys. The route: what the template's own throttle admits by \
             default; raise it first."
                .to_owned(),
        ),
        table(&["operation", "under one key", "in all", "the route", "why"], rows),
        Block::Heading("What all of them share"),
        table(
            &["limit", "a second", "met first"],
            vec![
                vec!["DynamoDB, one key".to_owned(), format!("{} reads, {} writes", count(aws.key_reads.into()), count(aws.key_writes.into())), "as the table says. It cannot be raised; a burst may pass for some seconds".to_owned()],
                vec!["DynamoDB, one table".to_owned(), format!("{} reads, {} writes", count(aws.table_reads.into()), count(aws.table_writes.into())), "a default. A new table begins at 12,000 and 4,000, and doubles with its load within half an hour".to_owned()],
                vec!["API Gateway, an account and Region".to_owned(), count(aws.gateway.into()), "a default, shared with every other API of the account".to_owned()],
                vec!["Lambda, an account and Region".to_owned(), format!("{} executions at once", count(aws.executions.into())), format!("only where calls take longer than {longest} ms, which the gateway's limit leaves to each; the slowest of `make bench` takes {slowest} ms. A new account may have 10, which then is the first limit. A function grows by 1,000 executions in ten seconds")],
                vec!["Secrets Manager, an account and Region".to_owned(), format!("{} reads", count(aws.secret_reads.into())), "only where thousands of processes start in the same second: a process reads one or two sets at its start, and again every hour".to_owned()],
                vec!["SES".to_owned(), "1 in the sandbox".to_owned(), "by one-time passwords: one mail each, and 200 a day; outside it as the account's quota says".to_owned()],
            ],
        ),
    ])
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::document::{Medium, render};

    fn inputs(units: &str) -> Inputs {
        Inputs::with(Path::new("../.."), units, include_str!("../fixtures/bench.json")).unwrap()
    }

    #[test]
    fn every_operation_of_the_contract_has_its_limit() {
        let inputs = inputs(include_str!("../fixtures/costs.md"));

        let text = render(&blocks(&inputs).unwrap(), Medium::Markdown);

        for function in &inputs.facts.operations {
            assert!(text.contains(&format!("| `{}` | ", function.name)), "{}", function.name);
        }
        assert!(
            text.contains("1,000 for one customer: 1 write of `sessions` / `<locator of the customer>`<br>3,000 for one issuer"),
            "{text}"
        );
    }

    #[test]
    fn what_contradicts_the_measured_units_is_refused() {
        let costs = include_str!("../fixtures/costs.md")
            .replace("| user-logout | 1 | UpdateItem | 0 | 1 |", "| user-logout | 1 | UpdateItem | 0 | 2 |");

        let error = blocks(&inputs(&costs)).unwrap_err().to_string();

        assert!(error.contains("user-logout touches 0 reads and 1 writes; docs/costs.md measured 0 and 2"), "{error}");
    }
}
