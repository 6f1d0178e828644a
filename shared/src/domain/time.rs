//! Instants in whole seconds and the clock that tells them.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use thiserror::Error;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::text::serialized_as_text;

/// An instant in whole seconds since 1970-01-01T00:00:00Z, between the years 1970 and 9999.
///
/// Whole seconds, because the `exp` of a JWT and DynamoDB's TTL are: an answer, a token and a row then name the same instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A text that is no RFC 3339 date-time between the years 1970 and 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("must be an RFC 3339 date-time, like 2030-01-31T12:00:00Z")]
pub struct TimestampError;

/// 9999-12-31T23:59:59Z, the last second that RFC 3339 can write.
const LAST: i64 = 253_402_300_799;

impl Timestamp {
    /// The instant `seconds` after the epoch, moved into the range that RFC 3339 can write.
    #[must_use]
    pub fn from_unix(seconds: i64) -> Self {
        Self(seconds.clamp(0, LAST))
    }

    /// Seconds since the epoch.
    #[must_use]
    pub fn unix(self) -> i64 {
        self.0
    }

    /// This instant and `seconds` more, at most the last second of 9999.
    #[must_use]
    pub fn plus(self, seconds: u32) -> Self {
        Self::from_unix(self.0.saturating_add(i64::from(seconds)))
    }

    /// Seconds from `earlier` until this instant, 0 if it is not later.
    #[must_use]
    pub fn seconds_since(self, earlier: Self) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = OffsetDateTime::from_unix_timestamp(self.0).ok().and_then(|instant| instant.format(&Rfc3339).ok()).ok_or(fmt::Error)?;
        formatter.write_str(&text)
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    /// Reads RFC 3339 with `Z`, an offset or fractions; fractions are cut off.
    fn from_str(text: &str) -> Result<Self, TimestampError> {
        let instant = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| TimestampError)?;
        let seconds = instant.unix_timestamp();
        if (0..=LAST).contains(&seconds) { Ok(Self(seconds)) } else { Err(TimestampError) }
    }
}

serialized_as_text!(Timestamp);

/// Tells the time; injected, so that a test can move it.
pub trait Clock: Send + Sync {
    /// The current instant.
    fn now(&self) -> Timestamp;
}

/// A clock that operations share.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else takes injected")]
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(OffsetDateTime::now_utc().unix_timestamp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_that_clients_send_is_read_and_answers_use_z() {
        for text in ["2030-01-31T12:00:00Z", "2030-01-31T12:00:00+00:00", "2030-01-31T14:00:00+02:00", "2030-01-31T12:00:00.999Z"] {
            let timestamp: Timestamp = text.parse().unwrap();

            assert_eq!(timestamp.to_string(), "2030-01-31T12:00:00Z", "{text}");
        }
    }

    #[test]
    fn what_is_no_date_time_is_refused() {
        for text in ["", "tomorrow", "2030-01-31", "1969-12-31T23:59:59Z", "2030-13-01T00:00:00Z", "2030-01-31T12:00:00"] {
            assert_eq!(text.parse::<Timestamp>(), Err(TimestampError), "{text}");
        }
    }
}
