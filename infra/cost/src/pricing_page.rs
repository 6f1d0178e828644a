//! docs/pricing.md. Imports [`crate::document`], [`crate::inputs`], [`crate::model`] and [`crate::prices`].

use anyhow::Result;
use rust_decimal::Decimal;

use crate::document::{Block, count, dollars, table};
use crate::inputs::Inputs;
use crate::model::{MILLION, Month, Processor};
use crate::prices::{Counts, Quote, Vendor};

const US: &str = "us-east-1";
const EU: &str = "eu-central-1";
const SECONDS_A_DAY: u64 = 86_400;

/// What stands in the page.
pub fn blocks(inputs: &Inputs) -> Result<Vec<Block>> {
    let mut blocks = Vec::new();
    for section in [operations, targets, months, others, attacks, prices] {
        blocks.extend(section(inputs)?);
    }
    Ok(blocks)
}

fn operations(inputs: &Inputs) -> Result<Vec<Block>> {
    let mut rows = Vec::new();
    // The sample stands in for somebody else's API.
    for row in inputs.units.rows.iter().filter(|row| row.operation() != "authorizer-sample") {
        let call = inputs.call(row)?;
        let [x86, arm] = [Processor::X86, Processor::Arm].map(|processor| inputs.per_million(&call, US, processor));
        rows.push(vec![
            row.name.clone(),
            format!("{}{}", if call.measured { "" } else { "~" }, call.billed_ms),
            row.reads.normalize().to_string(),
            row.writes.normalize().to_string(),
            count(call.log_bytes),
            dollars(x86?),
            dollars(arm?),
            dollars(inputs.per_million(&call, EU, Processor::X86)?),
        ]);
    }
    let assumed = &inputs.model.assumed;
    Ok(vec![
        Block::Heading("A million of each operation"),
        Block::Text(format!(
            "Warm calls. The time is what `make bench` measured plus {} ms for each request to DynamoDB that waits for the one before, \
             rounded up; where an operation was not measured, it is that of the slowest one with as much memory, with its log lines, and has a `~`. The bytes are \
             those of all log lines of a call. arm64 is priced with the same times.",
            assumed.dynamodb_ms
        )),
        table(
            &["operation", "billed ms", "reads", "writes", "log bytes", "us-east-1, x86-64", "us-east-1, arm64", "eu-central-1, x86-64"],
            rows,
        ),
        Block::Text(format!(
            "Left out: a mail for each one-time password ({} a million), and the data that goes out to the internet, about 1 KB an answer, of \
             which 100 GB a month are free.",
            dollars(inputs.prices.of("mails", US, MILLION)?)
        )),
    ])
}

fn targets(inputs: &Inputs) -> Result<Vec<Block>> {
    let mut rows = Vec::new();
    for target in &inputs.model.target {
        let call = inputs.call(inputs.units.row(&target.row)?)?;
        let cost = inputs.per_million(&call, US, Processor::X86)?.round_dp(2);
        let verdict =
            if cost <= target.target { "reached".to_owned() } else { format!("not reached: {} above", dollars(cost - target.target)) };
        rows.push(vec![target.name.clone(), dollars(target.hand), dollars(target.target), dollars(cost), verdict]);
    }
    Ok(vec![
        Block::Heading("The targets"),
        Block::Text("A million of each in us-east-1 on x86-64: as modelled by hand before anything was optimised, and now.".to_owned()),
        table(&["", "by hand, before", "target", "now", ""], rows),
    ])
}

fn months(inputs: &Inputs) -> Result<Vec<Block>> {
    let mix = inputs.model.mix.iter().map(|share| format!("{} {}", share.of_thousand, share.what)).collect::<Vec<_>>().join(", ");
    let months = &inputs.model.month;
    let consumed = months.iter().map(|month| inputs.month(month, Processor::X86)).collect::<Result<Vec<_>>>()?;

    let mut rows = Vec::new();
    let mut totals = vec![Decimal::ZERO; months.len() * 2];
    for price in &inputs.prices.price {
        let mut cells = vec![price.what.clone()];
        let mut amounts = Vec::new();
        for quantities in &consumed {
            let quantity = quantities.get(price.id.as_str()).copied().unwrap_or_default();
            amounts.push(inputs.prices.of(&price.id, US, quantity)?);
            amounts.push(inputs.prices.beyond_free(&price.id, US, quantity)?);
        }
        for (total, amount) in totals.iter_mut().zip(&amounts) {
            *total += amount;
        }
        if amounts.iter().any(|amount| !amount.is_zero()) {
            cells.extend(amounts.into_iter().map(dollars));
            rows.push(cells);
        }
    }
    rows.push(["all, us-east-1".to_owned()].into_iter().chain(totals.into_iter().map(dollars)).collect());
    for (what, region, processor) in [("all, us-east-1, arm64", US, Processor::Arm), ("all, eu-central-1", EU, Processor::X86)] {
        let mut cells = vec![what.to_owned()];
        for month in months {
            let (full, free) = bill(inputs, month, region, processor)?;
            cells.extend([dollars(full), dollars(free)]);
        }
        rows.push(cells);
    }

    let head = months.iter().flat_map(|month| [count(month.operations), "with the free units".to_owned()]);
    let head = [String::new()].into_iter().chain(head).collect();
    let users = months.iter().map(|month| format!("{} users make {} operations", count(month.users), count(month.operations)));
    Ok(vec![
        Block::Heading("A month"),
        Block::Text(format!(
            "Of a thousand operations {mix}. An answer that a gateway keeps is no operation. {}. The columns are operations a month on \
             x86-64, without and with the units that AWS gives away. Secrets, alarms, metrics and the dashboard are those of \
             template.yaml; the alarms are not made without `AlarmTopicArn`.",
            users.collect::<Vec<_>>().join("; ")
        )),
        Block::Table(head, rows),
    ])
}

/// A month without and with the free units.
fn bill(inputs: &Inputs, month: &Month, region: &str, processor: Processor) -> Result<(Decimal, Decimal)> {
    let quantities = inputs.month(month, processor)?;
    let free: Result<Decimal> = quantities.iter().map(|(id, quantity)| inputs.prices.beyond_free(id, region, *quantity)).sum();
    Ok((inputs.sum(&quantities, region)?, free?))
}

fn others(inputs: &Inputs) -> Result<Vec<Block>> {
    let months = &inputs.model.month;
    let mut ours = vec!["Latchkey".to_owned(), "all of the month".to_owned()];
    let mut checks = vec!["Latchkey".to_owned(), "the key checks alone, without what is paid by the month".to_owned()];
    for month in months {
        ours.push(dollars(bill(inputs, month, US, Processor::X86)?.0));
        checks.push(dollars(inputs.key_checks(month, US)?.1));
    }
    let mut rows = vec![ours, checks];
    for vendor in &inputs.prices.vendor {
        let mut cells = vec![vendor.name.clone(), vendor.includes.clone()];
        for month in months {
            let quantity = quantity(inputs, vendor, month)?;
            cells.push(vendor.month(quantity).map_or_else(|| "by contract".to_owned(), dollars));
        }
        rows.push(cells);
    }
    let head = months.iter().map(|month| format!("{} users", count(month.users)));
    let head = ["", "includes"].map(str::to_owned).into_iter().chain(head).collect();

    let list = inputs.prices.vendor.iter().map(|vendor| {
        let counts = match vendor.counts {
            Counts::Users => "active users",
            Counts::KeyChecks => "key checks",
        };
        vec![vendor.name.clone(), counts.to_owned(), source(Some(&vendor.date), vendor.verified, &vendor.source)]
    });
    Ok(vec![
        Block::Heading("Beside others"),
        Block::Text(
            "The same months by list price, in us-east-1 without free units for Latchkey. The others include pages, support and people who \
             run it; Latchkey runs in your account, and you run it."
                .to_owned(),
        ),
        Block::Table(head, rows),
        table(&["", "bills", "source"], list.collect()),
    ])
}

/// What a month costs by list price in us-east-1, of Latchkey and of each vendor; `None` is by contract.
pub fn bills(inputs: &Inputs, month: &Month) -> Result<Vec<(String, Option<Decimal>)>> {
    let ours = ("Latchkey".to_owned(), Some(bill(inputs, month, US, Processor::X86)?.0));
    let others = inputs.prices.vendor.iter().map(|vendor| Ok((vendor.name.clone(), vendor.month(quantity(inputs, vendor, month)?))));
    [Ok(ours)].into_iter().chain(others).collect()
}

fn quantity(inputs: &Inputs, vendor: &Vendor, month: &Month) -> Result<Decimal> {
    match vendor.counts {
        Counts::Users => Ok(month.users),
        Counts::KeyChecks => Ok(inputs.key_checks(month, US)?.0),
    }
}

fn attacks(inputs: &Inputs) -> Result<Vec<Block>> {
    let mut rows = Vec::new();
    for attack in &inputs.model.attack {
        let call = inputs.refused(attack)?;
        let cost = inputs.per_million(&call, US, Processor::X86)?;
        let throttle = inputs.facts.function(&attack.operation)?.throttle;
        let a_day = Decimal::from(throttle * SECONDS_A_DAY);
        rows.push(vec![
            attack.what.clone(),
            attack.operation.clone(),
            call.billed_ms.to_string(),
            call.reads.to_string(),
            call.writes.to_string(),
            dollars(cost),
            format!("{throttle} a second"),
            dollars(cost * a_day / MILLION),
        ]);
    }
    Ok(vec![
        Block::Heading("A million that are refused"),
        Block::Text(
            "In us-east-1 on x86-64. The last column is a whole day at the limit of the route, which is a parameter of the template \
             (`PasswordRateLimit`, `ApiRateLimit`): what it turns away costs nothing."
                .to_owned(),
        ),
        table(&["", "operation", "billed ms", "reads", "writes", "a million", "limit of the route", "a day at the limit"], rows),
    ])
}

fn prices(inputs: &Inputs) -> Result<Vec<Block>> {
    let rows = inputs.prices.price.iter().map(|price| {
        let quote = |region| price.regions.get(region).map_or_else(|| "–".to_owned(), quoted);
        let free = match &price.free_for {
            _ if price.free.is_zero() => "–".to_owned(),
            None => count(price.free),
            Some(whom) => format!("{} in {whom}", count(price.free)),
        };
        vec![price.what.clone(), count(price.per), quote(US), quote(EU), free, price.includes.clone()]
    });
    Ok(vec![
        Block::Heading("The prices"),
        Block::Text(format!(
            "US dollars before tax, as infra/pricing.toml had them on {}, each with its source and the day of that. None was looked up \
             live on that day. `not verified`: the source is not the seller's own page, nor a transcript of it. `no date`: no source \
             named the price, and the link is where to look it up.",
            inputs.prices.written
        )),
        table(&["price", "for", US, EU, "free a month", "includes"], rows.collect()),
    ])
}

fn quoted(quote: &Quote) -> String {
    format!("${}, {}", quote.usd.normalize(), source(quote.date.as_deref(), quote.verified, &quote.source))
}

fn source(date: Option<&str>, verified: bool, url: &str) -> String {
    let site = url.trim_start_matches("https://").trim_start_matches("www.").split('/').next().unwrap_or(url);
    let date = date.unwrap_or("no date");
    format!("[{site}]({url}), {date}{}", if verified { "" } else { ", not verified" })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::PAGES;
    use crate::document::{Medium, render, written_part};
    use crate::inputs::is_unmeasured;

    #[test]
    fn every_section_is_rendered_from_the_fixtures() {
        let (units, bench) = (include_str!("../fixtures/costs.md"), include_str!("../fixtures/bench.json"));
        let inputs = Inputs::with(Path::new("../.."), units, bench).unwrap();

        let text = render(&blocks(&inputs).unwrap(), Medium::Markdown);

        let headings: Vec<_> = text.lines().filter(|line| line.starts_with("## ")).collect();
        assert_eq!(headings.len(), 6, "{headings:?}");
        assert!(text.contains("| login | $5.04 | $3.60 |"), "{text}");
        assert!(text.contains("| Unkey |") && text.contains("by contract"), "{text}");
    }

    #[test]
    fn the_pages_are_what_make_cost_writes() {
        let root = Path::new("../..");
        if is_unmeasured(root) {
            for (path, _) in PAGES {
                let page = std::fs::read_to_string(root.join(path)).unwrap();
                assert!(written_part(&page).unwrap().starts_with("Not written yet"), "{path} without docs/performance/bench.json");
            }
            return;
        }
        let inputs = Inputs::read(root).unwrap_or_else(|error| panic!("{error:#}"));
        for (path, blocks) in PAGES {
            let page = std::fs::read_to_string(root.join(path)).unwrap();
            let blocks = blocks(&inputs).unwrap_or_else(|error| panic!("{path}: {error:#}"));
            assert!(written_part(&page).unwrap() == render(&blocks, Medium::Markdown), "{path} is out of date. Run `make cost`.");
        }
    }
}
