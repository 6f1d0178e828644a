//! The tokens in mailed links, and addresses.

use latchkey::credentials::{EmailToken, KeyNumber, ResetToken, SignUpToken, TokenKeys};
use latchkey::domain::{EmailAddress, Timestamp, UserId};
use proptest::prelude::*;
use proptest::sample::Index;

use super::{cases, change, changed, rings, text};

const KEY: u8 = 7;

fn address() -> impl Strategy<Value = EmailAddress> {
    ("[a-zA-Z0-9.+_'é-]{1,30}", "[a-z0-9]{1,20}(\\.[a-zü]{2,9}){1,3}")
        .prop_map(|(local, domain)| format!("{local}@{domain}").parse().unwrap())
}

#[derive(Clone, Debug)]
struct Tokens {
    sign_up: SignUpToken,
    reset: ResetToken,
    email: EmailToken,
}

impl Tokens {
    fn texts(&self) -> [String; 3] {
        let (keys, key) = (&rings()[0], KeyNumber::new(KEY));
        let texts = [self.sign_up.seal(keys, key), self.reset.seal(keys, key), self.email.seal(keys, key)];
        texts.map(|text| text.unwrap().expose().to_owned())
    }
}

fn tokens() -> impl Strategy<Value = Tokens> {
    (address(), any::<[u8; 16]>(), any::<u64>(), 1..=200_000_000_000_i64).prop_map(|(address, user, epoch, expires_at)| {
        let (user, expires_at) = (UserId::from_bytes(user), Timestamp::from_unix(expires_at));
        Tokens {
            sign_up: SignUpToken { address: address.clone(), expires_at },
            reset: ResetToken { user, epoch, address: address.place(), expires_at },
            email: EmailToken { user, epoch, address, expires_at },
        }
    })
}

fn opens(keys: &TokenKeys, text: &str) -> bool {
    let now = Timestamp::from_unix(0);
    SignUpToken::open(keys, text, now).is_ok() || ResetToken::open(keys, text, now).is_ok() || EmailToken::open(keys, text, now).is_ok()
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn what_was_sealed_opens_to_the_same_until_it_expires(tokens in tokens()) {
        let (keys, [sign_up, reset, email]) = (&rings()[0], tokens.texts());
        let (before, after) = (Timestamp::from_unix(tokens.reset.expires_at.unix() - 1), tokens.reset.expires_at);

        prop_assert_eq!(SignUpToken::open(keys, &sign_up, before), Ok(tokens.sign_up));
        prop_assert_eq!(ResetToken::open(keys, &reset, before), Ok(tokens.reset));
        prop_assert_eq!(EmailToken::open(keys, &email, before), Ok(tokens.email));
        prop_assert!(SignUpToken::open(keys, &sign_up, after).is_err());
        prop_assert!(ResetToken::open(keys, &reset, after).is_err());
        prop_assert!(EmailToken::open(keys, &email, after).is_err());
    }

    #[test]
    fn nothing_else_opens(
        tokens in tokens(),
        change in change(),
        at in any::<Index>(),
        bits in 1..=u8::MAX,
        other in prop_oneof![text(), "lk(sgn|rst|eml)_[1-9A-HJ-NP-Za-km-z]{0,440}"],
    ) {
        let keys = &rings()[0];
        prop_assert!(!opens(keys, &other));
        for text in tokens.texts() {
            let mut bytes = bs58::decode(&text[6..]).into_vec().unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= bits;
            let (flipped, changed) = (text[..6].to_owned() + &bs58::encode(bytes).into_string(), changed(&text, change));

            prop_assert!(!opens(keys, &flipped), "{}", flipped);
            prop_assert!(changed == text || !opens(keys, &changed), "{}", changed);
            prop_assert!(!opens(&rings()[1], &text), "under another ring's key of the same number");
            for prefix in ["lksgn_", "lkrst_", "lkeml_"].into_iter().filter(|prefix| !text.starts_with(prefix)) {
                prop_assert!(!opens(keys, &(prefix.to_owned() + &text[6..])));
            }
        }
    }

    #[test]
    fn an_address_that_was_read_is_written_and_read_again(address in address(), other in text()) {
        prop_assert_eq!(address.as_str().parse::<EmailAddress>(), Ok(address.clone()));
        if let Ok(other) = other.parse::<EmailAddress>() {
            prop_assert!(!other.as_str().chars().any(|c| c.is_control() || c.is_whitespace()) && other.as_str().matches('@').count() == 1);
        }
    }
}
