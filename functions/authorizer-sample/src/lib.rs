//! `GET /authorizer-sample`: a route behind the authorizer, as another API would have one. It answers what the authorizer says of the
//! caller. The template has it only if `WithAuthorizerSample` is set.

use latchkey::caller::CredentialRequirement;
use latchkey::http::{Answer, ApiError, Operation, Request, Route};
use latchkey::runtime::{ConfigError, Setup, Start};

/// Needs nothing.
pub struct AuthorizerSample;

impl Operation for AuthorizerSample {
    const NAME: &'static str = "authorizer-sample";
    const ROUTES: &'static [Route] = &[Route::new("GET", "/authorizer-sample")];

    async fn handle(&self, request: &Request) -> Result<Answer, ApiError> {
        Answer::ok(request.authorizer.as_ref().ok_or(ApiError::MissingCredentials(CredentialRequirement::Authorizer))?)
    }
}

impl Start for AuthorizerSample {
    async fn start(_: &Setup) -> Result<Self, ConfigError> {
        Ok(Self)
    }
}
