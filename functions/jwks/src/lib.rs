//! `GET /.well-known/jwks.json` and `GET /.well-known/openid-configuration`: the public keys, with which others verify
//! sessions themselves, and where to find them.

use latchkey::credentials::{Algorithm, Issuer, VerificationKeys};
use latchkey::http::{Answer, ApiError, Operation, Request, Route};
use latchkey::runtime::{ConfigError, Live, Setup, Start};
use serde::Serialize;

/// How long a cache may keep the answers. A key is published as `next` for longer than this before it signs anything.
const MAX_AGE_SECONDS: u32 = 60;
const DISCOVERY: Route = Route::new("GET", "/.well-known/openid-configuration");

/// What the operation needs.
pub struct Jwks {
    issuer: Issuer,
    keys: Live<VerificationKeys>,
}

/// What libraries look for in OpenID Connect Discovery 1.0, section 3, to verify a JWT; there is no authorization endpoint.
#[derive(Serialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
    response_types_supported: [&'static str; 0],
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: Vec<Algorithm>,
}

impl Operation for Jwks {
    const NAME: &'static str = "jwks";
    const ROUTES: &'static [Route] = &[Route::new("GET", "/.well-known/jwks.json"), DISCOVERY];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        let keys = self.keys.get().await;
        if !request.route_key.ends_with(DISCOVERY.path) {
            return Answer::cacheable(&keys.published(), MAX_AGE_SECONDS);
        }
        let discovery = Discovery {
            jwks_uri: format!("{}/.well-known/jwks.json", self.issuer.url.trim_end_matches('/')),
            issuer: self.issuer.url.clone(),
            response_types_supported: [],
            subject_types_supported: ["public"],
            id_token_signing_alg_values_supported: keys.algorithms(),
        };
        Answer::cacheable(&discovery, MAX_AGE_SECONDS)
    }
}

impl Start for Jwks {
    async fn start(setup: &Setup) -> Result<Self, ConfigError> {
        Ok(Self { issuer: setup.issuer()?, keys: setup.verification_keys().await? })
    }
}
