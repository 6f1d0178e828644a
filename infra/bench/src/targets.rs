//! What the figures are to reach. Imports [`crate::measure`], [`crate::hashes`].

use serde::Serialize;

use crate::competitors::BARE;
use crate::hashes::{C_REFERENCE, Hash, NODE_RS, OURS};
use crate::measure::Row;
use crate::statistics::rounded;
use crate::subject::Kind;

/// A target, and how far the functions are from it.
#[derive(Clone, Debug, Serialize)]
pub struct Target {
    /// What is compared with what.
    pub what: String,
    /// At most this.
    pub at_most: f64,
    /// The worst of all that it holds for.
    pub worst: f64,
    /// Whose that is.
    pub of: String,
    /// Whether all reach it.
    pub reached: bool,
    /// Who does not, with the figure.
    pub missed_by: Vec<String>,
}

impl Target {
    fn new(what: &str, at_most: f64, values: impl IntoIterator<Item = (String, f64)>) -> Option<Self> {
        let mut values: Vec<_> = values.into_iter().filter(|(_, value)| value.is_finite()).collect();
        values.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        let (of, worst) = values.first()?.clone();
        let missed_by: Vec<_> =
            values.iter().filter(|(_, value)| *value > at_most).map(|(name, value)| format!("{name} {value:.2}")).collect();
        Some(Self { what: what.to_owned(), at_most, worst: rounded(worst, 2), of, reached: missed_by.is_empty(), missed_by })
    }
}

type Figure = fn(&Hash) -> f64;

/// Every target, as far as it was measured.
pub fn all(rows: &[Row], hashes: &[Hash]) -> Vec<Target> {
    let whole = |row: &&Row| row.share >= 1.0;
    let ours = || rows.iter().filter(whole).filter(|row| row.kind == Kind::Ours);
    let called = || ours().filter(|row| row.median("warm_wall_ms") > 0.0);
    let bare = rows.iter().filter(whole).find(|row| row.name == BARE);
    let of_bare = |figure: &'static str| {
        let bare = bare.map(|row| row.median(figure)).unwrap_or(f64::NAN);
        ours().map(move |row| (row.name.clone(), row.median(figure) / bare)).collect::<Vec<_>>()
    };
    let hash = |name: &str| hashes.iter().find(|hash| hash.name == name);
    let hash_ms = hash_cpu(hashes);
    let first = called().map(|row| (row.name.clone(), row.median("first_wall_ms") / row.median("warm_wall_ms")));
    let cpu = called().filter_map(|row| Some((row.name.clone(), times_bare(row, hash_ms)?)));
    let memory =
        |hashes: bool| ours().filter(move |row| row.keeps_hash_memory() == hashes).map(|row| (row.name.clone(), row.median("peak_mib")));
    let of_hash = |other: &str, figure: Figure| {
        let ratio = hash(OURS).zip(hash(other)).map(|(ours, other)| figure(ours) / figure(other));
        ratio.map(|ratio| (OURS.to_owned(), ratio))
    };
    let (warm, cold): (Figure, Figure) = (|hash| hash.warm.median(), |hash| hash.first.median());
    [
        Target::new("Init, wall clock, × the bare function", 1.3, of_bare("init_wall_ms")),
        Target::new("Init, CPU, × the bare function", 1.3, of_bare("init_cpu_ms")),
        Target::new("First call, × a warm one", 1.3, first),
        Target::new("CPU of a warm call, without its hash, × a bare function with the same DynamoDB requests", 1.5, cpu),
        Target::new("Peak memory in MiB, without a hash", 16.0, memory(false)),
        Target::new("Peak memory in MiB, with a hash", 36.0, memory(true)),
        Target::new("A warm hash, × `@node-rs/argon2`", 1.1, of_hash(NODE_RS, warm)),
        Target::new("A first hash, × `@node-rs/argon2`", 1.1, of_hash(NODE_RS, cold)),
        Target::new("A warm hash, × the C reference", 1.0, of_hash(C_REFERENCE, warm)),
        Target::new("A first hash, × the C reference", 1.0, of_hash(C_REFERENCE, cold)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The CPU of one of our hashes.
pub fn hash_cpu(hashes: &[Hash]) -> f64 {
    hashes.iter().find(|hash| hash.name == OURS).map(|hash| hash.warm_cpu.median()).unwrap_or_default()
}

/// The CPU of a warm call, without its hashes, divided by that of a bare function that makes the same requests.
pub fn times_bare(row: &Row, hash_ms: f64) -> Option<f64> {
    Some((row.median("warm_cpu_ms") - f64::from(row.hashes) * hash_ms) / row.bare_warm_cpu?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_reached_if_the_worst_reaches_it() {
        let values = || [("a".to_owned(), 1.0), ("b".to_owned(), 2.0)];

        let missed = Target::new("", 1.5, values()).unwrap();
        let reached = Target::new("", 2.0, values()).unwrap();

        assert_eq!((missed.reached, missed.of.as_str(), missed.missed_by), (false, "b", vec!["b 2.00".to_owned()]));
        assert!(reached.reached && reached.missed_by.is_empty());
    }
}
