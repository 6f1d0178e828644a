//! Instants.

use latchkey::domain::Timestamp;
use proptest::prelude::*;

use super::{cases, text};

/// 9999-12-31T23:59:59Z.
const LAST: i64 = 253_402_300_799;

/// What looks like a date-time.
fn nearly() -> impl Strategy<Value = String> {
    let date = "[0-9]{4}-[01][0-9]-[0-3][0-9]";
    let time = "[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,3})?";
    (date, "[Tt ]", time, "([Zz]|[+-][0-2][0-9]:[0-6][0-9])?").prop_map(|(date, t, time, offset)| format!("{date}{t}{time}{offset}"))
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn an_instant_reads_back_as_it_was_written(seconds in 0..=LAST) {
        let instant = Timestamp::from_unix(seconds);
        let written = instant.to_string();
        let as_json = serde_json::to_string(&instant).unwrap();

        prop_assert!(written.ends_with('Z') && written.len() == 20, "{written}");
        prop_assert_eq!(written.parse(), Ok(instant));
        prop_assert_eq!(serde_json::from_str::<Timestamp>(&as_json).unwrap(), instant);
    }

    #[test]
    fn an_instant_is_the_same_in_every_offset_and_without_its_fraction(
        seconds in 86_400..LAST - 86_400,
        minutes in -1439..=1439_i64,
        fraction in "(\\.[0-9]{1,9})?",
    ) {
        let local = Timestamp::from_unix(seconds + minutes * 60).to_string();
        let (sign, offset) = (if minutes < 0 { '-' } else { '+' }, minutes.abs());
        let written = format!("{}{fraction}{sign}{:02}:{:02}", local.trim_end_matches('Z'), offset / 60, offset % 60);

        prop_assert_eq!(written.parse(), Ok(Timestamp::from_unix(seconds)), "{}", written);
    }

    #[test]
    fn what_is_read_as_an_instant_can_be_written_as_one(text in prop_oneof![text(), nearly()]) {
        if let Ok(instant) = text.parse::<Timestamp>() {
            prop_assert!((0..=LAST).contains(&instant.unix()));
            prop_assert_eq!(instant.to_string().parse(), Ok(instant));
        }
    }

    #[test]
    fn no_number_of_seconds_leads_out_of_what_can_be_written(seconds in any::<i64>(), more in any::<u32>()) {
        let instant = Timestamp::from_unix(seconds);
        let later = instant.plus(more);

        prop_assert_eq!(later.to_string().parse(), Ok(later));
        prop_assert!(later >= instant && later.seconds_since(instant) <= u64::from(more));
        prop_assert_eq!(instant.seconds_since(later), 0);
    }
}
