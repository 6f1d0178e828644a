//! Whether a password is known from a breach, asked of a range API like that of Have I Been Pwned.
//!
//! The service is told the first five of the forty digits of the password's SHA-1, which hundreds of passwords have in common, and answers
//! with the rest of each. It is asked for padding, so that not even the length of the answer tells which five they were.
//!
//! The check fails open. Where the service does not answer, a password is set that the other rules let pass, and an event tells of it:
//! a service of somebody else must not decide whether users can change their passwords.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::byte_stream::ByteStream;
use unicode_normalization::UnicodeNormalization;

use crate::audit::{Act, Event, Trail};
use crate::credentials::Weakness;
use crate::domain::Secret;

/// For everything together: the name, the connection, the request and the answer.
const TIMEOUT: Duration = Duration::from_secs(1);
/// An answer has about 40 KB, with padding.
const MOST_BYTES: usize = 256 * 1024;
/// How many of the hash's digits are sent, and how many an answer's line begins with.
const PREFIX: usize = 5;
const SUFFIX: usize = 35;

/// The check of new passwords against those known from breaches, or none.
#[derive(Clone, Debug, Default)]
pub struct BreachedPasswords(Option<Arc<RangeApi>>);

#[derive(Debug)]
struct RangeApi {
    /// Without a slash at the end.
    url: String,
    /// Made at the first check: to read the system's roots would cost every cold start.
    connector: OnceLock<Option<Connector>>,
}

/// Why it is not known whether a password is breached, in words that are fixed.
type Failure = &'static str;

impl BreachedPasswords {
    /// The check against the range API at `url`.
    pub(super) fn at(url: &str) -> Self {
        Self(Some(Arc::new(RangeApi { url: url.trim_end_matches('/').to_owned(), connector: OnceLock::new() })))
    }

    /// Whether `password` is in no breach that the service knows, or that is not known. One request, and nothing where there is no service.
    /// Call it for a caller who is proven, once all other rules are kept.
    ///
    /// # Errors
    /// [`Weakness::Breached`].
    pub async fn check(&self, password: &Secret, trail: &Trail) -> Result<(), Weakness> {
        let Some(api) = &self.0 else { return Ok(()) };
        let found = tokio::time::timeout(TIMEOUT, api.has(password)).await;
        match found.unwrap_or(Err("no answer in time")) {
            Ok(false) => Ok(()),
            Ok(true) => Err(Weakness::Breached),
            Err(reason) => {
                trail.note(Event::of(Act::BreachCheckFailed).because(reason));
                Ok(())
            }
        }
    }
}

impl RangeApi {
    async fn has(&self, password: &Secret) -> Result<bool, Failure> {
        let hash = sha1(password);
        let (prefix, suffix) = hash.split_at_checked(PREFIX).ok_or("no hash")?;
        let answer = self.range(prefix).await?;
        is_listed(&answer, suffix).ok_or("an answer of another form")
    }

    /// The answer for the hashes that begin with `prefix`.
    async fn range(&self, prefix: &str) -> Result<Vec<u8>, Failure> {
        let mut request = HttpRequest::empty();
        request.set_uri(format!("{}/{prefix}", self.url)).map_err(|_| "no request")?;
        request.headers_mut().insert("add-padding", "true");
        // Have I Been Pwned refuses a request without.
        request.headers_mut().insert("user-agent", "latchkey");

        let connector = self.connector.get_or_init(connector).as_ref().ok_or("no trust store")?;
        let response = connector.call(request).await.map_err(|_| "unreachable")?;
        if response.status().as_u16() != 200 {
            return Err("another status than 200");
        }
        let (mut body, mut answer) = (ByteStream::new(response.into_body()), Vec::new());
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|_| "an answer cut short")?;
            if answer.len().saturating_add(chunk.len()) > MOST_BYTES {
                return Err("an answer too long");
            }
            answer.extend_from_slice(&chunk);
        }
        Ok(answer)
    }
}

/// Trusts whom the system trusts. It keeps no connection: one that Lambda froze with the process would cost the next check its time.
fn connector() -> Option<Connector> {
    let context = TlsContext::builder().with_trust_store(TrustStore::default()).build().ok()?;
    let connector = Connector::builder().pool_max_idle_per_host(0).tls_provider(Provider::Rustls(CryptoMode::AwsLc));
    Some(connector.tls_context(context).sleep_impl(TokioSleep::new()).build())
}

/// In hexadecimal digits, as the service has them. The service hashes so; no password is stored so.
fn sha1(password: &Secret) -> String {
    let text: String = password.expose().nfc().collect();
    digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02X}")).collect()
}

/// Whether `answer` lists `suffix`; `None` if it is no list. What it counts as seen 0 times is padding.
fn is_listed(answer: &[u8], suffix: &str) -> Option<bool> {
    let mut is_listed = false;
    for line in std::str::from_utf8(answer).ok()?.lines() {
        let (listed, count) = line.split_once(':')?;
        let is_hash = listed.len() == SUFFIX && listed.bytes().all(|digit| digit.is_ascii_hexdigit());
        let is_count = !count.is_empty() && count.bytes().all(|digit| digit.is_ascii_digit());
        if !is_hash || !is_count {
            return None;
        }
        is_listed |= listed.eq_ignore_ascii_case(suffix) && count.bytes().any(|digit| digit != b'0');
    }
    Some(is_listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUFFIX_OF_PASSWORD: &str = "1E4C9B93F3F0682250B6CF8331B7EE68FD8";

    #[test]
    fn a_password_is_hashed_in_the_form_in_which_it_is_compared() {
        assert_eq!(sha1(&Secret::new("password")), format!("5BAA6{SUFFIX_OF_PASSWORD}"));
        assert_eq!(sha1(&Secret::new("cafe\u{301}")), sha1(&Secret::new("caf\u{e9}")));
    }

    #[test]
    fn what_was_seen_is_listed_and_padding_is_not() {
        let other = "0018A45C4D1DEF81644B54AB7F969B88D65";
        let line = |suffix: &str, count: &str| format!("{suffix}:{count}");
        for (answer, listed) in [
            (String::new(), Some(false)),
            (line(other, "3"), Some(false)),
            (format!("{}\r\n{}\r\n", line(other, "3"), line(SUFFIX_OF_PASSWORD, "10434004")), Some(true)),
            (line(&SUFFIX_OF_PASSWORD.to_lowercase(), "1"), Some(true)),
            (line(SUFFIX_OF_PASSWORD, "0"), Some(false)),
            (line(SUFFIX_OF_PASSWORD, "00"), Some(false)),
            (line(SUFFIX_OF_PASSWORD, "99999999999999999999999999"), Some(true)),
            (line(SUFFIX_OF_PASSWORD, ""), None),
            (line(SUFFIX_OF_PASSWORD, "-1"), None),
            (line(SUFFIX_OF_PASSWORD, " 1"), None),
            (line("1E4C9", "1"), None),
            (line(&"G".repeat(35), "1"), None),
            (format!("{}\n\n{}", line(SUFFIX_OF_PASSWORD, "1"), line(other, "1")), None),
            ("<html>".to_owned(), None),
        ] {
            assert_eq!(is_listed(answer.as_bytes(), SUFFIX_OF_PASSWORD), listed, "{answer}");
        }
        assert_eq!(is_listed(&[0xff], SUFFIX_OF_PASSWORD), None);
    }
}
