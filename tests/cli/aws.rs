//! A stack in AWS: what its outputs name, secrets in place of files. CloudFormation, Secrets Manager and STS are played here, by
//! their documented answers; the tables are a world's.

use std::path::PathBuf;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use latchkey::credentials::{SigningKeys, TokenKeys};
use latchkey::runtime::Environment;
use serde_json::{Value, json};

use super::Operator;
use crate::house::World;
use crate::house::secrets_manager::{Secrets, answer as secrets_manager};

const OUTPUTS: [(&str, &str); 6] = [
    ("UsersTableName", "latchkey-users"),
    ("TokensTableName", "latchkey-tokens"),
    ("SessionsTableName", "latchkey-sessions"),
    ("SigningKeysArn", "arn:signing"),
    ("VerificationKeysArn", "arn:verification"),
    ("TokenKeysArn", "arn:token"),
];

fn cloud_formation(body: &str) -> (StatusCode, String) {
    if !body.contains("StackName=latchkey") {
        let message = "<Message>Stack with id elsewhere does not exist</Message>";
        let error = format!("<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code>{message}</Error></ErrorResponse>");
        return (StatusCode::BAD_REQUEST, error);
    }
    let outputs = if body.contains("StackName=latchkey-other") { &OUTPUTS[..1] } else { &OUTPUTS[..] };
    let outputs = outputs.iter().map(|(k, v)| format!("<member><OutputKey>{k}</OutputKey><OutputValue>{v}</OutputValue></member>"));
    let outputs: String = outputs.collect();
    let stack = format!(
        "<member><StackName>latchkey</StackName><CreationTime>2030-01-01T00:00:00Z</CreationTime>\
         <StackStatus>CREATE_COMPLETE</StackStatus><Outputs>{outputs}</Outputs></member>"
    );
    let result = format!("<DescribeStacksResult><Stacks>{stack}</Stacks></DescribeStacksResult>");
    (StatusCode::OK, format!("<DescribeStacksResponse>{result}</DescribeStacksResponse>"))
}

async fn serve(secrets: Secrets) -> String {
    let answer = move |headers: HeaderMap, body: Bytes| {
        let secrets = secrets.clone();
        async move {
            let body = String::from_utf8(body.to_vec()).unwrap();
            match headers.get("x-amz-target").map(|target| target.to_str().unwrap()) {
                Some(target) => {
                    // Others get a turn between a read and a write.
                    tokio::task::yield_now().await;
                    secrets_manager(&secrets, target.rsplit('.').next().unwrap(), &serde_json::from_str(&body).unwrap())
                }
                None if body.contains("Action=GetCallerIdentity") => {
                    let result = "<GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/olga</Arn></GetCallerIdentityResult>";
                    (StatusCode::OK, format!("<GetCallerIdentityResponse>{result}</GetCallerIdentityResponse>"))
                }
                None => cloud_formation(&body),
            }
        }
    };
    crate::house::serve(axum::routing::post(answer)).await
}

/// An operator who has credentials for an account with the stack `latchkey`, whose secrets are empty.
async fn in_aws(world: &World) -> (Operator, Secrets) {
    let secrets = Secrets::default();
    let environment = Environment::from([
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_ENDPOINT_URL", &serve(secrets.clone()).await),
        ("AWS_ENDPOINT_URL_DYNAMODB", &world.setup.environment.required("AWS_ENDPOINT_URL_DYNAMODB").unwrap()),
        ("XDG_STATE_HOME", world.folder.join("state").to_str().unwrap()),
    ]);
    (Operator { environment, directory: PathBuf::from("/nowhere"), ..world.operator() }, secrets)
}

#[tokio::test]
async fn a_fresh_stack_is_filled_and_used_like_a_local_one() {
    let world = World::new().await;
    let (olga, secrets) = in_aws(&world).await;

    assert_eq!(olga.run("--stack latchkey keys list").await.code, 3);
    olga.run("--stack latchkey keys init --algorithm rs256").await.done();
    olga.run("--stack latchkey user add carol --generate").await.done();
    assert_eq!(olga.run("user list --stack latchkey --json").await.done().lines()[0]["username"], "carol");

    let text = |arn: &str| secrets.lock().unwrap()[arn].last().unwrap().1.clone();
    assert!(SigningKeys::parse(&text("arn:signing")).is_ok() && TokenKeys::parse(&text("arn:token")).is_ok());
    assert!(!text("arn:verification").contains("\"d\""));
    let journal = std::fs::read_to_string(world.folder.join("state/latchkey/journal.jsonl")).unwrap();
    assert_eq!(journal.lines().filter(|line| line.contains("\"event\"")).count(), 4);
    assert!(journal.lines().all(|line| line.contains("arn:aws:iam::123456789012:user/olga")), "{journal}");
}

#[tokio::test]
async fn of_operators_who_write_a_secret_at_the_same_instant_one_wins() {
    let world = World::new().await;
    let (olga, secrets) = in_aws(&world).await;
    olga.run("--stack latchkey keys init").await.done();

    for words in ["--stack latchkey keys rotate tokens", "--stack latchkey keys rotate signing"] {
        let all = futures_util::future::join_all((0..8).map(|_| olga.run(words))).await;

        assert!(all.iter().any(|said| said.code == 0), "{all:?}");
        assert!(all.iter().all(|said| [0, 4].contains(&said.code)), "{all:?}");
    }
    let keys = olga.run("--stack latchkey keys list --json").await.done().lines();
    let next: Vec<_> = keys.iter().filter(|key| key["status"] == "next").collect();
    assert_eq!((keys.len(), next.len()), (4, 2), "{keys:?}");
    assert!(next.iter().all(|key| key["published"] != false));
    assert_eq!(secrets.lock().unwrap()["arn:token"].len(), 2);
}

#[tokio::test]
async fn a_stack_that_is_none_is_told() {
    let world = World::new().await;
    let (mut olga, _secrets) = in_aws(&world).await;

    assert_eq!(olga.run("--stack elsewhere user list").await.code, 3);
    let other = olga.run("--stack latchkey-other user list").await;
    assert!(other.code == 3 && other.err.contains("no output TokensTableName"), "{other:?}");
    assert_eq!(olga.run("--stack latchkey --local user list").await.code, 2);

    olga.environment.extend([("LATCHKEY_STACK".to_owned(), "latchkey".to_owned())]);
    assert_eq!(olga.run("user list").await.code, 0);
    assert_eq!(olga.run("--local user list").await.code, 3, "what is named goes before the variable");
}

#[tokio::test]
async fn a_doctor_looks_at_what_only_aws_has() {
    let world = World::new().await;
    let (olga, _secrets) = in_aws(&world).await;
    let olga = Operator { clock: Arc::new(latchkey::domain::SystemClock), ..olga };
    olga.run("--stack latchkey keys init").await.done();

    let said = olga.run("--stack latchkey doctor --json").await;

    // The local engine has no backups and no protection against deletion.
    let document = said.json();
    let findings: Vec<_> = document["findings"].as_array().unwrap().iter().filter(|finding| finding["state"] != "good").collect();
    assert!(findings.iter().any(|finding| finding["finding"] == "can be deleted"), "{findings:?}");
    assert!(
        findings.iter().any(|finding| finding["finding"].as_str().unwrap().contains("backups")
            || finding["finding"].as_str().unwrap().contains("point in time")),
        "{findings:?}"
    );
}

#[tokio::test]
async fn a_step_that_was_interrupted_between_two_writes_leaves_every_key_published_and_is_gone_on_with() {
    let words = "--stack latchkey keys rotate signing --wait-seconds 0 --max-life 0 --json";
    for denied in ["arn:signing", "arn:verification"] {
        for step in ["add-next", "promote", "remove"] {
            let world = World::new().await;
            let (olga, secrets) = in_aws(&world).await;
            olga.run("--stack latchkey keys init").await.done();
            let kids = |arn: &str| {
                let set: Value = serde_json::from_str(&secrets.lock().unwrap()[arn].last().unwrap().1).unwrap();
                set["keys"].as_array().unwrap().iter().map(|key| key["kid"].clone()).collect::<Vec<_>>()
            };
            for _ in ["add-next", "promote", "remove"].into_iter().take_while(|before| *before != step) {
                olga.run(words).await.done();
            }

            secrets.lock().unwrap().insert(format!("denied:{denied}"), Vec::new());
            assert_eq!(olga.run(words).await.code, 1, "{step} without {denied}");
            let (private, public) = (kids("arn:signing"), kids("arn:verification"));
            assert!(private.iter().all(|kid| public.contains(kid)), "{step} without {denied}: {private:?} {public:?}");

            secrets.lock().unwrap().remove(&format!("denied:{denied}"));
            let mut steps = Vec::new();
            while steps.last() != Some(&json!("remove")) {
                steps.push(olga.run(words).await.done().json()["step"].clone());
                assert!(steps.len() < 8, "{steps:?}");
            }
            assert_eq!(kids("arn:signing"), kids("arn:verification"));
        }
    }
}
