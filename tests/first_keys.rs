//! The keeper of the keys: at a deploy CloudFormation asks it through a custom resource, each day a schedule does. CloudFormation's end
//! and Secrets Manager are played here, by their documented answers.

use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use futures_util::future::join_all;
use latchkey::credentials::{SigningKeys, TokenKeys, VerificationKeys};
use latchkey::runtime::{Setup, TaskService};
use serde_json::{Value, json};

use crate::house::World;
use crate::house::secrets_manager::{self, Secrets};
use crate::operations::Keys;

/// A stack whose secrets are empty, and the bucket that CloudFormation is answered through.
struct Stack {
    world: World,
    secrets: Secrets,
    answers: Arc<Mutex<Vec<Value>>>,
    url: String,
}

impl Stack {
    async fn new() -> Self {
        let secrets = Secrets::default();
        let endpoint = secrets_manager::serve(secrets.clone()).await;
        let world = World::with([
            ("AWS_ENDPOINT_URL", &endpoint),
            ("SIGNING_KEYS", "secretsmanager:SigningKeys"),
            ("VERIFICATION_KEYS", "secretsmanager:VerificationKeys"),
            ("TOKEN_KEYS", "secretsmanager:TokenKeys"),
            ("METRICS_NAMESPACE", "Latchkey"),
        ])
        .await;
        let answers = Arc::<Mutex<Vec<Value>>>::default();
        let url = serve_bucket(answers.clone()).await;
        Self { world, secrets, answers, url }
    }

    fn setup(&self) -> Setup {
        self.world.setup_of("keys")
    }

    fn event(&self, change: &str, algorithm: &str) -> Value {
        json!({
            "RequestType": change,
            "ServiceToken": "arn:aws:lambda:eu-central-1:123456789012:function:keys",
            "ResponseURL": self.url,
            "StackId": "stack-1",
            "RequestId": "request-1",
            "ResourceType": "Custom::LatchkeyKeys",
            "LogicalResourceId": "FirstKeys",
            "ResourceProperties": { "ServiceToken": "arn:…", "ServiceTimeout": "300", "Algorithm": algorithm },
        })
    }

    /// One event to a freshly started function, and what CloudFormation was told.
    async fn call(&self, event: Value) -> Value {
        TaskService::<Keys>::start(&self.setup()).unwrap().call(event, "lambda-1").await.unwrap();
        self.answers.lock().unwrap().pop().unwrap()
    }

    fn versions(&self) -> Vec<usize> {
        let secrets = self.secrets.lock().unwrap();
        ["SigningKeys", "VerificationKeys", "TokenKeys"].map(|arn| secrets.get(arn).map_or(0, Vec::len)).to_vec()
    }

    fn text(&self, arn: &str) -> String {
        self.secrets.lock().unwrap()[arn].last().unwrap().1.clone()
    }
}

/// Where CloudFormation's signed URL leads; it refuses what its signature is not for.
async fn serve_bucket(answers: Arc<Mutex<Vec<Value>>>) -> String {
    let take = move |headers: http::HeaderMap, body: axum::body::Bytes| async move {
        if headers.contains_key("content-type") || !headers.contains_key("content-length") {
            return StatusCode::FORBIDDEN;
        }
        answers.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
        StatusCode::OK
    };
    format!("{}/bucket?Signature=a%2Fb%3D&Expires=1", crate::house::serve(axum::routing::put(take)).await)
}

#[tokio::test]
async fn a_first_deploy_fills_the_key_sets_and_tells_cloudformation() {
    for algorithm in ["ES256", "RS256", "EdDSA"] {
        let stack = Stack::new().await;

        let told = stack.call(stack.event("Create", algorithm)).await;

        let expected = json!({
            "Status": "SUCCESS",
            "PhysicalResourceId": "FirstKeys",
            "StackId": "stack-1",
            "RequestId": "request-1",
            "LogicalResourceId": "FirstKeys",
        });
        assert_eq!(told, expected);
        let public = stack.text("VerificationKeys");
        assert!(stack.text("SigningKeys").contains(&format!("\"alg\":\"{algorithm}\"")));
        assert!(SigningKeys::parse(&stack.text("SigningKeys")).is_ok() && TokenKeys::parse(&stack.text("TokenKeys")).is_ok());
        assert!(VerificationKeys::parse(&public).is_ok() && !public.contains("\"d\""));
        let lines = stack.world.setup.events.take();
        let event = |line: &String| serde_json::from_str::<Value>(line).unwrap();
        let made: Vec<_> = lines.iter().map(event).map(|event| (event["event"].clone(), event["subject"].clone())).collect();
        assert_eq!(made, ["signing", "verification", "token"].map(|set| (json!("keys.made"), json!(set))));
    }
}

#[tokio::test]
async fn a_later_deploy_touches_no_key_whatever_its_algorithm() {
    let stack = Stack::new().await;
    stack.call(stack.event("Create", "ES256")).await;
    let before = stack.text("SigningKeys");
    stack.world.setup.events.take();

    for (change, algorithm) in [("Update", "RS256"), ("Update", "ES256"), ("Create", "EdDSA"), ("Delete", "ES256")] {
        let mut event = stack.event(change, algorithm);
        event["PhysicalResourceId"] = "FirstKeys-1".into();

        let told = stack.call(event).await;

        assert_eq!((&told["Status"], &told["PhysicalResourceId"]), (&json!("SUCCESS"), &json!("FirstKeys-1")));
    }
    assert_eq!((stack.versions(), stack.text("SigningKeys")), (vec![1, 1, 1], before));
    assert!(stack.world.setup.events.take().is_empty());
}

#[tokio::test]
async fn of_deploys_at_the_same_instant_one_makes_the_keys_and_all_succeed() {
    let stack = Stack::new().await;
    let service = TaskService::<Keys>::start(&stack.setup()).unwrap();

    let all = join_all((0..16).map(|_| service.call(stack.event("Create", "ES256"), "lambda-1"))).await;

    assert!(all.iter().all(Result::is_ok));
    assert!(stack.answers.lock().unwrap().iter().all(|told| told["Status"] == "SUCCESS"));
    assert_eq!(stack.versions(), [1, 1, 1]);
    let kid = |arn: &str| serde_json::from_str::<Value>(&stack.text(arn)).unwrap()["keys"][0]["kid"].clone();
    assert_eq!(kid("SigningKeys"), kid("VerificationKeys"));
}

#[tokio::test]
async fn a_run_that_was_interrupted_is_gone_on_with() {
    let stack = Stack::new().await;
    stack.secrets.lock().unwrap().insert("full:VerificationKeys".into(), Vec::new());
    let failed = stack.call(stack.event("Create", "ES256")).await;
    assert_eq!((&failed["Status"], stack.versions()), (&json!("FAILED"), vec![1, 0, 0]));
    let reason = failed["Reason"].as_str().unwrap();
    assert!(reason.contains("VerificationKeys can't be written") && !reason.contains("kty"), "{reason}");

    stack.secrets.lock().unwrap().remove("full:VerificationKeys");
    let told = stack.call(stack.event("Create", "ES256")).await;

    assert_eq!((&told["Status"], stack.versions()), (&json!("SUCCESS"), vec![1, 1, 1]));
}

#[tokio::test]
async fn a_role_that_iam_does_not_know_everywhere_yet_is_waited_for() {
    let stack = Stack::new().await;
    for arn in ["SigningKeys", "VerificationKeys"] {
        stack.secrets.lock().unwrap().insert(format!("denied-once:{arn}"), Vec::new());
    }

    let told = stack.call(stack.event("Create", "ES256")).await;

    assert_eq!((&told["Status"], stack.versions()), (&json!("SUCCESS"), vec![1, 1, 1]));
}

#[tokio::test]
async fn public_keys_without_private_ones_stop_the_deploy() {
    let stack = Stack::new().await;
    stack.call(stack.event("Create", "ES256")).await;
    stack.secrets.lock().unwrap().remove("SigningKeys");

    let told = stack.call(stack.event("Update", "ES256")).await;

    assert_eq!((&told["Status"], stack.versions()), (&json!("FAILED"), vec![0, 1, 1]));
    assert_eq!(told["Reason"], "the verification keys are there and the signing keys are not: put their private halves back");
}

#[tokio::test]
async fn an_algorithm_that_is_none_stops_the_deploy_with_nothing_made() {
    let stack = Stack::new().await;

    for algorithm in ["", "HS256", "none"] {
        let told = stack.call(stack.event("Create", algorithm)).await;

        assert_eq!(told["Status"], "FAILED");
        assert_eq!(told["Reason"], "Algorithm must be ES256, RS256 or EdDSA");
    }
    assert_eq!(stack.versions(), [0, 0, 0]);
}

#[tokio::test]
async fn an_answer_that_does_not_arrive_fails_the_function_so_that_lambda_repeats_the_event() {
    let stack = Stack::new().await;
    let service = TaskService::<Keys>::start(&stack.setup()).unwrap();

    for url in [
        "http://127.0.0.1:1/",
        "http://example.com/",
        "https://example.com/",
        "https://amazonaws.com.example.com/",
        "file:///etc/passwd",
        "",
        "::",
    ] {
        let mut event = stack.event("Create", "ES256");
        event["ResponseURL"] = url.into();

        assert_eq!(service.call(event, "lambda-1").await, Err("CloudFormation could not be told"), "{url}");
    }
    assert_eq!(stack.call(stack.event("Create", "ES256")).await["Status"], "SUCCESS");
    assert_eq!(stack.versions(), [1, 1, 1]);
}

#[tokio::test]
async fn each_day_the_age_of_the_current_keys_is_measured() {
    let stack = Stack::new().await;
    stack.call(stack.event("Create", "ES256")).await;
    stack.world.setup.events.take();
    stack.world.pass(3 * 86_400 + 86_399);
    let service = TaskService::<Keys>::start(&stack.setup()).unwrap();

    let measured = service.call(json!({ "source": "aws.scheduler", "time": "2030-03-20T00:00:00Z" }), "lambda-1").await.unwrap();

    let gauge = |set: &str| json!({ "metric": "KeyAgeDays", "of": ["KeySet", set], "value": 3 });
    assert_eq!(measured, json!([gauge("signing"), gauge("token")]));
    let lines = stack.world.setup.events.take();
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|line| line.contains("\"KeyAgeDays\":3") && line.contains("_aws")), "{lines:?}");
}

#[tokio::test]
async fn an_age_that_can_not_be_told_fails_the_run() {
    let stack = Stack::new().await;

    let service = TaskService::<Keys>::start(&stack.setup()).unwrap();

    assert_eq!(service.call(json!({}), "lambda-1").await, Err("the task failed"));
}
