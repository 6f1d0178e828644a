//! The price file, infra/pricing.toml. Imports nothing of ours.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use rust_decimal::Decimal;
use serde::Deserialize;

/// The prices, of AWS and of others.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// The day on which the file was written.
    pub written: String,
    pub price: Vec<Price>,
    pub vendor: Vec<Vendor>,
}

/// What AWS takes for a unit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    pub id: String,
    pub what: String,
    pub per: Decimal,
    pub includes: String,
    /// Units a month that are free.
    pub free: Decimal,
    /// For whom, if not for every account.
    pub free_for: Option<String>,
    pub regions: BTreeMap<String, Quote>,
}

/// A price in one Region.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quote {
    pub usd: Decimal,
    /// When the source was written or read, if it says so.
    pub date: Option<String>,
    /// Whether the source is the seller's own.
    pub verified: bool,
    pub source: String,
}

/// Another service's price list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vendor {
    pub name: String,
    pub counts: Counts,
    pub includes: String,
    pub date: String,
    pub verified: bool,
    pub source: String,
    #[serde(default)]
    base: Decimal,
    #[serde(default)]
    tiers: Vec<Tier>,
    #[serde(default)]
    steps: Vec<Step>,
}

/// What a vendor bills.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Counts {
    Users,
    KeyChecks,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tier {
    up_to: Decimal,
    each: Decimal,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    up_to: Decimal,
    month: Decimal,
}

impl Prices {
    /// What `quantity` units of `id` cost in `region`.
    pub fn of(&self, id: &str, region: &str, quantity: Decimal) -> Result<Decimal> {
        let price = self.price(id)?;
        let quote = price.regions.get(region).with_context(|| format!("{id} has no price in {region}"))?;
        Ok(quantity * quote.usd / price.per)
    }

    /// The same, where the free units of a month are taken off.
    pub fn beyond_free(&self, id: &str, region: &str, quantity: Decimal) -> Result<Decimal> {
        let free = self.price(id)?.free;
        self.of(id, region, (quantity - free).max(Decimal::ZERO))
    }

    fn price(&self, id: &str) -> Result<&Price> {
        self.price.iter().find(|price| price.id == id).with_context(|| format!("infra/pricing.toml has no price {id}"))
    }
}

impl Vendor {
    /// What a month of `quantity` costs; `None` beyond the list.
    pub fn month(&self, quantity: Decimal) -> Option<Decimal> {
        if !self.steps.is_empty() {
            return self.steps.iter().find(|step| quantity <= step.up_to).map(|step| step.month);
        }
        let (mut sum, mut counted) = (self.base, Decimal::ZERO);
        for tier in &self.tiers {
            let upper = quantity.min(tier.up_to);
            sum += (upper - counted).max(Decimal::ZERO) * tier.each;
            counted = counted.max(upper);
        }
        (counted == quantity).then_some(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prices() -> Prices {
        toml::from_str(include_str!("../../pricing.toml")).unwrap()
    }

    fn month(vendor: &str, quantity: u64) -> Option<Decimal> {
        prices().vendor.iter().find(|known| known.name == vendor).unwrap().month(quantity.into())
    }

    #[test]
    fn every_price_is_quoted_in_both_regions() {
        for price in prices().price {
            assert_eq!(price.regions.keys().collect::<Vec<_>>(), ["eu-central-1", "us-east-1"], "{}", price.id);
            for quote in price.regions.values() {
                assert!(quote.source.starts_with("https://"), "{}", price.id);
                assert!(quote.date.is_some() || !quote.verified, "{}: verified when?", price.id);
            }
        }
    }

    #[test]
    fn free_units_are_taken_off_and_never_paid_back() {
        let prices = prices();

        assert_eq!(prices.of("http-api", "us-east-1", 3_000_000.into()).unwrap(), 3.into());
        assert_eq!(prices.beyond_free("http-api", "us-east-1", 3_000_000.into()).unwrap(), 2.into());
        assert_eq!(prices.beyond_free("http-api", "us-east-1", 10_000.into()).unwrap(), 0.into());
        assert!(prices.of("http-api", "mars-1", 1.into()).is_err() && prices.of("tea", "us-east-1", 1.into()).is_err());
    }

    #[test]
    fn each_tier_is_paid_at_its_own_price() {
        // 10,000 free, 90,000 at 0.0055, 900,000 at 0.0046.
        assert_eq!(month("Cognito Lite", 1_000_000), Some("4635".parse().unwrap()));
        // 25 and 50,000 at 0.02, as Clerk's own page adds up.
        assert_eq!(month("Clerk Pro", 100_000), Some(1025.into()));
        assert_eq!(month("Clerk Pro", 100), Some(25.into()));
    }

    #[test]
    fn a_step_is_the_whole_month_and_beyond_the_last_there_is_no_price() {
        assert_eq!(month("Unkey", 450_000), Some(50.into()));
        assert_eq!(month("Auth0 Free", 25_000), Some(0.into()));
        assert_eq!(month("Auth0 Free", 25_001), None);
        assert_eq!(month("Clerk Pro", 1_000_001), None);
    }
}
