//! E-mail addresses.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::name::changes_what_is_shown;
use super::text::serialized_as_text;
use super::{Locator, Username};

/// An address that a mail can be sent to: the local part as it was given, the domain as DNS has it (IDNA, in lower case). `Debug` shows
/// nothing of it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

/// The text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("must be an e-mail address, like carol@example.com")]
pub struct EmailAddressError;

/// The longest address that SMTP can carry (RFC 5321, 4.5.3.1.3), and the longest local part.
const LONGEST: usize = 254;
const LONGEST_LOCAL_PART: usize = 64;

impl EmailAddress {
    /// The address, as it stands in a mail's header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The place that stands for the mailbox. Addresses that differ in case only are one mailbox.
    #[must_use]
    pub fn place(&self) -> Locator {
        Locator::of([b"email", self.0.to_lowercase().as_bytes()])
    }

    /// The user names that are this address: with the domain as DNS has it and, where that differs, as people write it.
    #[must_use]
    pub fn names(&self) -> Vec<Username> {
        let ascii = Username::normalised(&self.0);
        let (local, domain) = self.0.rsplit_once('@').unwrap_or_default();
        let written = Username::normalised(&format!("{local}@{}", idna::domain_to_unicode(domain).0));
        if written == ascii { vec![ascii] } else { vec![ascii, written] }
    }
}

impl FromStr for EmailAddress {
    type Err = EmailAddressError;

    fn from_str(text: &str) -> Result<Self, EmailAddressError> {
        let (local, domain) = text.rsplit_once('@').ok_or(EmailAddressError)?;
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| EmailAddressError)?;
        let is_local_part = (1..=LONGEST_LOCAL_PART).contains(&local.len()) && !local.chars().any(is_special);
        let is_label = |label: &str| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        let is_domain = domain.contains('.') && domain.split('.').all(is_label);
        let address = format!("{local}@{domain}");
        if is_local_part && is_domain && address.len() <= LONGEST { Ok(Self(address)) } else { Err(EmailAddressError) }
    }
}

/// Whether a local part has the character only in quotes (RFC 5322, 3.2.3). No provider gives such an address.
fn is_special(c: char) -> bool {
    c.is_whitespace() || changes_what_is_shown(c) || r#"()<>[]:;@\,""#.contains(c)
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}

serialized_as_text!(EmailAddress);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_local_part_and_its_domain_is_as_dns_has_it() {
        for (text, address) in [
            ("Carol@Example.COM", "Carol@example.com"),
            ("a.b+c'd@sub.example.co", "a.b+c'd@sub.example.co"),
            ("é@München.example", "é@xn--mnchen-3ya.example"),
            ("carol@XN--mnchen-3ya.example", "carol@xn--mnchen-3ya.example"),
        ] {
            assert_eq!(text.parse::<EmailAddress>().unwrap().as_str(), address);
        }
    }

    #[test]
    fn what_could_be_two_addresses_or_a_header_is_none() {
        let long = format!("{}@example.com", "x".repeat(65));
        let longest = format!("x@{}example.com", "abcdefgh.".repeat(28));
        for text in [
            "",
            "carol",
            "@example.com",
            "carol@",
            "carol@localhost",
            "carol@example..com",
            "carol@-example.com",
            "carol@xn--a.example",
            "a@b@example.com",
            "a b@example.com",
            "carol@example.com\r\nBcc: mallory@example.com",
            "carol@example.com,mallory@example.com",
            "Carol <carol@example.com>",
            "\"carol\"@example.com",
            "carol@[127.0.0.1]",
            &long,
            &longest,
        ] {
            assert_eq!(text.parse::<EmailAddress>(), Err(EmailAddressError), "{text:?}");
        }
    }

    #[test]
    fn spellings_of_one_mailbox_have_one_place() {
        let place = |text: &str| text.parse::<EmailAddress>().unwrap().place();

        assert_eq!(place("Carol@Example.com"), place("carol@example.COM"));
        assert_eq!(place("carol@münchen.example"), place("Carol@xn--mnchen-3ya.example"));
        assert_ne!(place("carol@example.com"), place("carol@example.org"));
    }

    #[test]
    fn an_address_is_a_user_name_in_each_form_of_its_domain() {
        let names = |text: &str| text.parse::<EmailAddress>().unwrap().names().iter().map(Username::to_string).collect::<Vec<_>>();

        assert_eq!(names("Carol@Example.com"), ["carol@example.com"]);
        assert_eq!(names("Carol@münchen.example"), ["carol@xn--mnchen-3ya.example", "carol@münchen.example"]);
    }
}
