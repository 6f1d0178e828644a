//! Opaque tokens and one-time passwords.

use std::collections::BTreeSet;
use std::time::Instant;

use latchkey::credentials::{ApiKey, CredentialKind, EntityToken, KeyNumber, OneTimePassword, OneTimeToken, TokenKeys};
use latchkey::domain::{KeyId, Locator, RandomId, Subject, UserId};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{cases, change, changed, rings, text};

const KINDS: [CredentialKind; 3] = [CredentialKind::ApiKey, CredentialKind::EntityToken, CredentialKind::OneTimeToken];

/// One token of each kind.
#[derive(Clone, Debug)]
struct Tokens {
    api_key: ApiKey,
    entity: EntityToken,
    one_time: OneTimeToken,
}

impl Tokens {
    fn texts(&self) -> [String; 3] {
        let keys = &rings()[0];
        [self.api_key.seal(keys), self.entity.seal(keys), self.one_time.seal(keys)].map(|text| text.unwrap().expose().to_owned())
    }
}

fn tokens() -> impl Strategy<Value = Tokens> {
    type Parts = ([u8; 16], [u8; 16], [Option<[u8; 16]>; 2], u32, bool);
    let random = any::<Parts>();
    let tokens = |(key, (one, other, [of_user, api_key], generation, otp_required), entity, user): (_, Parts, String, String)| {
        let (key, locator) = (KeyNumber::new(key), Locator::of_pair(&entity.parse().unwrap(), &user.parse().unwrap()));
        let user = of_user.map(UserId::from_bytes);
        let customer = user.map_or(Subject::Customer(locator), Subject::User);
        let (id, issuer, api_key) = (RandomId::from_bytes(one), UserId::from_bytes(other), api_key.map(Locator::from_bytes));
        Tokens {
            api_key: ApiKey { key, user: UserId::from_bytes(one), id: KeyId::from_bytes(other) },
            entity: EntityToken { key, locator, id, generation, user },
            one_time: OneTimeToken { key, id, customer, issuer, api_key, otp_required },
        }
    };
    (select(&[1, 7, 255][..]), random, "[a-z]{1,9}", "[a-z]{1,9}").prop_map(tokens)
}

fn opens(keys: &TokenKeys, text: &str) -> bool {
    ApiKey::open(keys, text).is_ok() || EntityToken::open(keys, text).is_ok() || OneTimeToken::open(keys, text).is_ok()
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn what_was_sealed_opens_to_the_same_and_as_nothing_else(tokens in tokens()) {
        let (keys, [api_key, entity, one_time]) = (&rings()[0], tokens.texts());

        prop_assert_eq!(ApiKey::open(keys, &api_key), Ok(tokens.api_key));
        prop_assert_eq!(EntityToken::open(keys, &entity), Ok(tokens.entity));
        prop_assert_eq!(OneTimeToken::open(keys, &one_time), Ok(tokens.one_time));
        prop_assert_eq!([&api_key, &entity, &one_time].map(|text| CredentialKind::claimed_by(text)), KINDS.map(Some));
        prop_assert!(ApiKey::open(keys, &entity).is_err() && ApiKey::open(keys, &one_time).is_err());
        prop_assert!(EntityToken::open(keys, &api_key).is_err() && EntityToken::open(keys, &one_time).is_err());
        prop_assert!(OneTimeToken::open(keys, &api_key).is_err() && OneTimeToken::open(keys, &entity).is_err());
    }

    #[test]
    fn a_token_is_a_word_with_a_whole_mac_and_opens_under_its_own_ring_only(tokens in tokens()) {
        let optional = |parts: &[bool]| 16 * parts.iter().filter(|there| **there).count();
        let one_time = optional(&[tokens.one_time.api_key.is_some()]);
        let payloads = [1 + 32, 1 + 36 + optional(&[tokens.entity.user.is_some()]), 1 + 49 + one_time];
        for (text, payload) in tokens.texts().into_iter().zip(payloads) {
            let (prefix, encoded) = text.split_at(6);

            prop_assert!(prefix.ends_with('_') && encoded.bytes().all(|c| c.is_ascii_alphanumeric()), "{}", text);
            prop_assert_eq!(bs58::decode(encoded).into_vec().unwrap().len(), payload + 16);
            prop_assert!(!opens(&rings()[1], &text), "under another ring's key of the same number");
        }
    }

    #[test]
    fn a_token_under_another_prefix_opens_as_nothing(tokens in tokens()) {
        for text in tokens.texts() {
            for kind in KINDS.into_iter().filter(|kind| !text.starts_with(kind.prefix())) {
                let disguised = kind.prefix().to_owned() + &text[6..];

                prop_assert!(!opens(&rings()[0], &disguised), "{}", disguised);
            }
        }
    }

    #[test]
    fn no_other_text_opens(text in prop_oneof![text(), "lk(api|ent|one)_[1-9A-HJ-NP-Za-km-z]{0,100}", "lk(api|ent|one)_.{0,80}"]) {
        prop_assert!(!opens(&rings()[0], &text));
    }

    #[test]
    fn a_changed_token_opens_as_nothing(tokens in tokens(), change in change()) {
        for text in tokens.texts() {
            let changed = changed(&text, change);

            prop_assert!(changed == text || !opens(&rings()[0], &changed), "{}", changed);
        }
    }

    #[test]
    fn a_token_with_changed_bytes_opens_as_nothing(tokens in tokens(), at in any::<Index>(), bits in 1..=u8::MAX) {
        for text in tokens.texts() {
            let mut bytes = bs58::decode(&text[6..]).into_vec().unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= bits;
            let changed = text[..6].to_owned() + &bs58::encode(bytes).into_string();

            prop_assert!(!opens(&rings()[0], &changed), "{}", changed);
        }
    }

    #[test]
    fn no_two_pairs_have_the_same_place(letters in "[a-c]{2,12}", one in any::<Index>(), other in any::<Index>()) {
        let of = |at: usize| Locator::of_pair(&letters[..at].parse().unwrap(), &letters[at..].parse().unwrap());
        let (one, other) = (one.index(letters.len() - 1) + 1, other.index(letters.len() - 1) + 1);

        prop_assert_eq!(of(one) == of(other), one == other);
    }

    #[test]
    fn only_its_own_six_digits_are_a_tokens_password(tokens in tokens(), other in prop_oneof![text(), "[0-9]{6}"]) {
        let password = OneTimePassword::of(tokens.one_time.id, tokens.one_time.key, &rings()[0]).unwrap();
        let digits = password.digits().expose().to_owned();

        prop_assert!(digits.len() == 6 && digits.bytes().all(|c| c.is_ascii_digit()));
        prop_assert!(password.verify(&digits));
        prop_assert_eq!(password.verify(&other), other == digits);
        for same_number in [format!("0{digits}"), format!("+{digits}"), format!("{digits} "), digits.trim_start_matches('0').to_owned()] {
            prop_assert_eq!(password.verify(&same_number), same_number == digits, "{}", same_number);
        }
    }
}

#[test]
fn the_passwords_of_many_tokens_are_many() {
    let password = |_| OneTimePassword::of(RandomId::random(), KeyNumber::new(7), &rings()[0]).unwrap().digits().expose().to_owned();
    let passwords: BTreeSet<_> = (0..200).map(password).collect();

    assert!(passwords.len() > 195, "{passwords:?}");
}

#[test]
fn a_text_longer_than_any_token_costs_no_time() {
    // Base58 takes time that grows with the square of the length: for this text more than ten seconds, if it were decoded.
    let text = format!("lkent_{}", "z".repeat(60_000));
    let start = Instant::now();

    assert!((0..10).all(|_| !opens(&rings()[0], &text)));

    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}
