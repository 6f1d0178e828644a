//! Medians and percentiles. Imports nothing of ours.

/// Measured values of one kind.
#[derive(Clone, Debug, Default)]
pub struct Sample(Vec<f64>);

impl Sample {
    /// Adds a value.
    pub fn add(&mut self, value: f64) {
        self.0.push(value);
    }

    /// The value that half of them do not exceed; 0 for none.
    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// The value that 99 of 100 do not exceed, which is the greatest of a hundred or fewer.
    pub fn p99(&self) -> f64 {
        self.quantile(0.99)
    }

    fn quantile(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "few values")]
        let rank = (share * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }
}

impl FromIterator<f64> for Sample {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

/// `value` to `digits` places, as it is published.
pub fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_and_the_99th_percentile_are_values_of_the_sample() {
        let hundred: Sample = (1..=100).rev().map(f64::from).collect();
        let three: Sample = [5.0, 1.0, 3.0].into_iter().collect();

        assert_eq!((hundred.median(), hundred.p99()), (50.0, 99.0));
        assert_eq!((three.median(), three.p99()), (3.0, 5.0));
        assert_eq!(Sample::default().median(), 0.0);
    }
}
