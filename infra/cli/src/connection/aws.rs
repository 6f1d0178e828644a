//! A stack in AWS, found by its CloudFormation outputs, with the credentials that every AWS tool uses.

use std::time::Duration;

use anyhow::Context;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_cloudformation::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_sdk_cloudformation::types::Stack;
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use latchkey::runtime::{Environment, KeySecret};
use latchkey::store::{RetryTransactionConflicts, Tables};

use super::{Parts, Place};
use crate::Failure;
use crate::key_sets::{KeySet, KeySets};

/// The SDK has no timeouts of its own: an operator would wait in front of a silent screen.
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .operation_attempt_timeout(Duration::from_secs(20))
        .operation_timeout(Duration::from_secs(60))
        .build()
}

/// Opens the stack of that name.
pub async fn open(name: &str, environment: &Environment) -> Result<Parts, Failure> {
    let config = config(environment).await;
    if config.region().is_none() {
        return Err(Failure::Usage("No AWS region is set. Set AWS_REGION, or use a profile that has a region.".into()));
    }
    let outputs = Outputs::of(name, &config, environment).await?;

    let dynamodb = at(&config, environment, "AWS_ENDPOINT_URL_DYNAMODB");
    let dynamodb = aws_sdk_dynamodb::config::Builder::from(&dynamodb).retry_classifier(RetryTransactionConflicts);
    let secrets = aws_sdk_secretsmanager::Client::new(&at(&config, environment, "AWS_ENDPOINT_URL_SECRETS_MANAGER"));
    let identity = aws_sdk_sts::Client::new(&at(&config, environment, "AWS_ENDPOINT_URL_STS"));

    let secret = |arn: String| KeySet::Secret(KeySecret::new(secrets.clone(), arn));
    Ok(Parts {
        tables: Tables {
            users: outputs.get("UsersTableName")?,
            tokens: outputs.get("TokensTableName")?,
            sessions: outputs.get("SessionsTableName")?,
        },
        key_sets: KeySets {
            signing: secret(outputs.get("SigningKeysArn")?),
            verification: secret(outputs.get("VerificationKeysArn")?),
            token: secret(outputs.get("TokenKeysArn")?),
        },
        dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
        place: Place::Aws(name.to_owned()),
        identity: Some(identity),
    })
}

/// The usual chain: variables, profiles, SSO, roles. The variables in `environment` come first, as they do in the chain
/// itself.
async fn config(environment: &Environment) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts());
    if let Some(region) = environment.optional("AWS_REGION").or_else(|| environment.optional("AWS_DEFAULT_REGION")) {
        loader = loader.region(Region::new(region));
    }
    if let (Some(id), Some(secret)) = (environment.optional("AWS_ACCESS_KEY_ID"), environment.optional("AWS_SECRET_ACCESS_KEY")) {
        let session = environment.optional("AWS_SESSION_TOKEN");
        let credentials = Credentials::new(id, secret, session, None, "environment");
        loader = loader.credentials_provider(SharedCredentialsProvider::new(credentials));
    }
    loader.load().await
}

/// `config` with the endpoint of one service. The service's own variable overrides the one for all services; a
/// profile's endpoint applies if neither is set.
fn at(config: &SdkConfig, environment: &Environment, name: &'static str) -> SdkConfig {
    match environment.optional(name).or_else(|| environment.optional("AWS_ENDPOINT_URL")) {
        Some(url) => config.clone().into_builder().endpoint_url(url).build(),
        None => config.clone(),
    }
}

struct Outputs {
    stack: Stack,
    name: String,
}

impl Outputs {
    async fn of(name: &str, config: &SdkConfig, environment: &Environment) -> Result<Self, Failure> {
        let client = aws_sdk_cloudformation::Client::new(&at(config, environment, "AWS_ENDPOINT_URL_CLOUDFORMATION"));
        let described = client.describe_stacks().stack_name(name).send().await;
        let described = described.map_err(|error| match error.message() {
            Some(message) if message.contains("does not exist") => Failure::NotFound(format!(
                "There is no stack {name} in region {}. Is it in another region (AWS_REGION) or another account (AWS_PROFILE)?",
                config.region().map_or("?", Region::as_ref)
            )),
            _ => Failure::Failed(anyhow::anyhow!("CloudFormation could not describe the stack {name}: {}", DisplayErrorContext(&error))),
        })?;
        let stack = described.stacks.and_then(|stacks| stacks.into_iter().next());
        let stack = stack.with_context(|| format!("CloudFormation described no stack {name}"))?;
        Ok(Self { stack, name: name.to_owned() })
    }

    fn get(&self, key: &str) -> Result<String, Failure> {
        let output = self.stack.outputs().iter().find(|output| output.output_key() == Some(key));
        output.and_then(|output| output.output_value()).map(str::to_owned).ok_or_else(|| {
            Failure::NotFound(format!("The stack {} has no output {key}. It is not a Latchkey stack, or not yet deployed.", self.name))
        })
    }
}
