//! What Latchkey says of a credential now (RFC 7662).

use std::time::{Duration, SystemTime};

use http::HeaderValue;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::caller::{AclItem, Caller, Kind};
use crate::problem::{Problem, retry_after};

/// A longer wait is the caller's to decide about: the answer is returned, and [`Problem::retry_after`] has the time.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// What may be gone at the next attempt.
const TEMPORARY: [u16; 5] = [429, 500, 502, 503, 504];

/// Why nobody knows whether a credential is good.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IntrospectError {
    /// The client has no API key.
    #[error("introspection needs an API key: Latchkey::builder(url).api_key(key)")]
    NoApiKey,
    /// No answer came, after the retries.
    #[error("Latchkey did not answer")]
    Lost(#[source] reqwest::Error),
    /// The answer is an error: for example, the API key of this service is refused.
    #[error("Latchkey answered with an error")]
    Problem(#[from] Problem),
    /// The answer is none of Latchkey's.
    #[error("the answer of Latchkey is not readable")]
    Unreadable(#[source] serde_json::Error),
}

#[derive(Deserialize)]
struct Verdict {
    active: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Active {
    kind: Kind,
    sub: String,
    acl: Vec<AclItem>,
    custom_claims: Map<String, Value>,
    username: Option<String>,
    issued_by: Option<String>,
    entity: Option<String>,
    jti: Option<String>,
    aud: Option<String>,
    exp: Option<u64>,
}

/// Asks at `url`, up to `retries` times more after a lost or a temporary answer: the question changes nothing. `name` is the
/// credential's fingerprint.
pub(crate) async fn ask(
    http: &reqwest::Client,
    url: &str,
    api_key: &HeaderValue,
    retries: u32,
    token: &str,
    name: &str,
) -> Result<Option<Caller>, IntrospectError> {
    let mut attempt = 0;
    let (status, headers, body) = loop {
        let asked = http.post(url).header("apikey", api_key).form(&[("token", token)]);
        let answered = whole(asked).await;
        let is_last = attempt >= retries;
        let backoff = Duration::from_millis(100).mul_f64(2_f64.powi(attempt.min(6).cast_signed()) * (1.0 + fastrand::f64()));
        let wait = match answered {
            Ok((status, headers, body)) => {
                let wait = retry_after(&headers).unwrap_or(backoff);
                if is_last || !TEMPORARY.contains(&status) || wait > LONGEST_WAIT {
                    break (status, headers, body);
                }
                wait
            }
            Err(error) if is_last => return Err(IntrospectError::Lost(error)),
            Err(_) => backoff,
        };
        pause(wait).await;
        attempt += 1;
    };
    if status != 200 {
        return Err(Problem::new(status, &headers, &body).into());
    }
    read(&body, name).map_err(IntrospectError::Unreadable)
}

async fn whole(request: reqwest::RequestBuilder) -> Result<(u16, http::HeaderMap, Vec<u8>), reqwest::Error> {
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok((status, headers, response.bytes().await?.into()))
}

#[expect(clippy::disallowed_methods, reason = "the pause before another attempt, as Latchkey asks for it")]
async fn pause(wait: Duration) {
    tokio::time::sleep(wait).await;
}

fn read(body: &[u8], name: &str) -> Result<Option<Caller>, serde_json::Error> {
    let Verdict { active } = serde_json::from_slice(body)?;
    if !active {
        return Ok(None);
    }
    let said: Active = serde_json::from_slice(body)?;
    Ok(Some(Caller {
        kind: said.kind,
        subject: said.sub,
        acl: said.acl,
        claims: said.custom_claims,
        username: said.username,
        issued_by: said.issued_by,
        entity: said.entity,
        session_id: said.jti,
        key_id: (said.kind == Kind::ApiKey).then(|| name.to_owned()),
        audience: said.aud,
        expires_at: said.exp.and_then(|exp| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(exp))),
    }))
}
