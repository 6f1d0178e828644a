//! CloudFormation's custom resources: what it asks of a function, and how it is answered.
//!
//! The answer goes to a URL of the event, not back through Lambda: without it CloudFormation waits until the resource's
//! `ServiceTimeout`.

use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;

/// What CloudFormation sends; the member names are its own.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CustomResource {
    /// What is done to the resource.
    pub request_type: Change,
    #[serde(rename = "ResponseURL")]
    response_url: String,
    stack_id: String,
    request_id: String,
    logical_resource_id: String,
    physical_resource_id: Option<String>,
    /// The resource's properties in the template.
    #[serde(default)]
    pub resource_properties: Value,
}

/// What is done to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Change {
    /// It is new in the stack.
    Create,
    /// Its properties have changed.
    Update,
    /// It goes with the stack, or is in the template no more.
    Delete,
}

/// CloudFormation was not told: Lambda repeats an event whose function fails, so it will be.
#[derive(Debug, Error)]
pub enum AnswerError {
    #[error("the URL to answer to is none of AWS")]
    Url,
    #[error("CloudFormation could not be told")]
    Sent(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the answer was refused with status {0}")]
    Refused(u16),
}

/// The whole answer may have 4,096 bytes.
const REASON_CHARS: usize = 1000;

impl CustomResource {
    /// The event in `event`, if it is one of CloudFormation's.
    pub fn find(event: &Value) -> Option<Self> {
        event.get("ResponseURL")?;
        Self::deserialize(event).ok()
    }

    /// Tells CloudFormation that it is done, or why not.
    pub async fn answer(&self, connector: &Connector, emulated: bool, failure: Option<String>) -> Result<(), AnswerError> {
        let mut body = json!({
            "Status": if failure.is_some() { "FAILED" } else { "SUCCESS" },
            // Always the same one: another would have CloudFormation delete the first.
            "PhysicalResourceId": self.physical_resource_id.as_ref().unwrap_or(&self.logical_resource_id),
            "StackId": self.stack_id,
            "RequestId": self.request_id,
            "LogicalResourceId": self.logical_resource_id,
        });
        if let (Some(reason), Value::Object(members)) = (failure, &mut body) {
            members.insert("Reason".into(), reason.chars().take(REASON_CHARS).collect::<String>().into());
        }
        let response =
            connector.call(self.request(body.to_string(), emulated)?).await.map_err(|error| AnswerError::Sent(Box::new(error)))?;
        if response.status().is_success() { Ok(()) } else { Err(AnswerError::Refused(response.status().as_u16())) }
    }

    /// Without a content type: the URL is signed for a request that has none. To AWS and nobody else, whoever wrote the event; to
    /// this machine only where AWS is emulated on it.
    fn request(&self, body: String, emulated: bool) -> Result<HttpRequest, AnswerError> {
        let uri: http::Uri = self.response_url.parse().map_err(|_| AnswerError::Url)?;
        match (uri.scheme_str(), uri.host()) {
            (Some("https"), Some(host)) if host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn") => {}
            (Some("http"), Some("127.0.0.1" | "localhost")) if emulated => {}
            _ => return Err(AnswerError::Url),
        }
        let mut request = HttpRequest::new(body.into());
        request.set_uri(uri).map_err(|_| AnswerError::Url)?;
        request.set_method("PUT").map_err(|_| AnswerError::Url)?;
        Ok(request)
    }
}

/// How long CloudFormation's bucket may take to answer.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
