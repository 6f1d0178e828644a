//! AWS clients that are quick to start and give up in time.
//!
//! Region, credentials and endpoints come straight from the environment, where Lambda puts them, instead of from a chain of
//! providers; the trust store has Amazon's own roots instead of the system's 140, whose parsing costs a cold start more than
//! the rest of the client does.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::retry::{RetryPartition, TokenBucket};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider, SharedHttpClient};
use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use aws_sdk_secretsmanager::operation::put_secret_value::PutSecretValueError;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::HttpConnectorSettings;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};

use super::custom_resource::ANSWER_TIMEOUT;
use super::settings::AWS_CALL_TIMEOUT_SECONDS;
use super::{ConfigError, Environment};

/// Amazon Trust Services' roots (CA 1 to 4, and Starfield Services G2, which cross-signs them), as Mozilla publishes them;
/// every endpoint of AWS chains up to one of them.
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon-roots.pem");

const CONNECT: Duration = Duration::from_secs(1);
const ATTEMPTS: u32 = 4;
/// For a call of a role that may be too new; the function has 60 seconds, and makes a few.
const PATIENCE: Duration = Duration::from_secs(40);

/// What all clients share. `http_client` is a test's; a function makes its own.
pub fn config(environment: &Environment, http_client: Option<SharedHttpClient>) -> Result<SdkConfig, ConfigError> {
    let call = Duration::from_secs(environment.number(&AWS_CALL_TIMEOUT_SECONDS)?.into());
    let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).read_timeout(call / 2);
    let timeouts = timeouts.operation_attempt_timeout(call / 2).operation_timeout(call).build();
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(environment.required("AWS_REGION")?))
        .credentials_provider(SharedCredentialsProvider::new(credentials(environment)?))
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(Duration::from_millis(50)))
        .sleep_impl(aws_sdk_dynamodb::config::SharedAsyncSleep::new(aws_smithy_async::rt::sleep::TokioSleep::new()))
        .http_client(http_client.map_or_else(https, Ok)?);
    Ok(config.build())
}

/// Lambda puts the role's credentials there before it starts a process, and starts another one before they expire.
fn credentials(environment: &Environment) -> Result<Credentials, ConfigError> {
    let (id, secret) = (environment.required("AWS_ACCESS_KEY_ID")?, environment.required("AWS_SECRET_ACCESS_KEY")?);
    Ok(Credentials::new(id, secret, environment.optional("AWS_SESSION_TOKEN"), None, "environment"))
}

fn https() -> Result<SharedHttpClient, ConfigError> {
    let client = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
    Ok(client.tls_context(tls()?).build_https())
}

/// What reaches the rest of AWS: CloudFormation's answers go to a bucket's signed URL.
pub fn connector() -> Result<Connector, ConfigError> {
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT).read_timeout(ANSWER_TIMEOUT).build();
    let connector = Connector::builder().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).tls_context(tls()?);
    let sleep = aws_smithy_async::rt::sleep::TokioSleep::new();
    Ok(connector.connector_settings(settings).sleep_impl(sleep).build())
}

fn tls() -> Result<TlsContext, ConfigError> {
    let roots = TrustStore::empty().with_pem_certificate(AMAZON_ROOTS);
    let context = TlsContext::builder().with_trust_store(roots).build();
    context.map_err(|_| ConfigError::invalid("the trust store", "could not be built"))
}

/// The DynamoDB client.
pub fn dynamodb(environment: &Environment, config: &SdkConfig) -> aws_sdk_dynamodb::Client {
    let mut config = aws_sdk_dynamodb::config::Builder::from(config);
    config.set_endpoint_url(endpoint(environment, "AWS_ENDPOINT_URL_DYNAMODB"));
    // A process answers one request at a time, and each is bounded by its own attempts and timeout: a quota shared over
    // requests would only have a later one fail for the earlier ones' bad luck.
    let quota = RetryPartition::custom("latchkey").token_bucket(TokenBucket::unlimited()).build();
    let config = config.retry_partition(quota).retry_classifier(crate::store::RetryTransactionConflicts);
    aws_sdk_dynamodb::Client::from_conf(config.build())
}

/// The Secrets Manager client.
pub fn secrets_manager(environment: &Environment, config: &SdkConfig) -> aws_sdk_secretsmanager::Client {
    let mut config = aws_sdk_secretsmanager::config::Builder::from(config);
    config.set_endpoint_url(endpoint(environment, "AWS_ENDPOINT_URL_SECRETS_MANAGER"));
    aws_sdk_secretsmanager::Client::from_conf(config.build())
}

/// The Secrets Manager client of a function that a deploy invokes right after it has made its role: IAM takes some seconds to know a
/// role everywhere.
pub fn patient_secrets_manager(environment: &Environment, config: &SdkConfig) -> aws_sdk_secretsmanager::Client {
    let client = secrets_manager(environment, config);
    let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(Duration::from_secs(3));
    let retries = RetryConfig::standard().with_max_attempts(8).with_initial_backoff(Duration::from_millis(500));
    let config = client.config().to_builder().timeout_config(timeouts.operation_timeout(PATIENCE).build());
    let config = config.retry_config(retries.with_max_backoff(Duration::from_secs(8))).retry_classifier(RetryDenial);
    aws_sdk_secretsmanager::Client::from_conf(config.build())
}

/// Has the SDK retry what IAM denied.
#[derive(Debug)]
struct RetryDenial;

impl ClassifyRetry for RetryDenial {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let error = context.output_or_error().and_then(Result::err).and_then(OrchestratorError::as_operation_error);
        let denied = |code: Option<&str>| code == Some("AccessDeniedException");
        let of_get = error.and_then(|error| error.downcast_ref::<GetSecretValueError>()).map(|error| denied(error.code()));
        let of_put = error.and_then(|error| error.downcast_ref::<PutSecretValueError>()).map(|error| denied(error.code()));
        if of_get.or(of_put) == Some(true) { RetryAction::transient_error() } else { RetryAction::NoActionIndicated }
    }

    fn name(&self) -> &'static str {
        "denials of a new role"
    }
}

/// The SES client.
pub fn ses(environment: &Environment, config: &SdkConfig) -> aws_sdk_sesv2::Client {
    let mut config = aws_sdk_sesv2::config::Builder::from(config);
    config.set_endpoint_url(endpoint(environment, "AWS_ENDPOINT_URL_SESV2"));
    aws_sdk_sesv2::Client::from_conf(config.build())
}

/// The service's own endpoint variable before the one for all services, as every AWS SDK has it.
fn endpoint(environment: &Environment, name: &'static str) -> Option<String> {
    environment.optional(name).or_else(|| environment.optional("AWS_ENDPOINT_URL"))
}
