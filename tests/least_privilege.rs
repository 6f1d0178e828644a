//! What the functions ask of AWS in the whole run of the tests is what their roles in the template allow: nothing missing, and nothing
//! to spare.

use std::collections::{BTreeMap, BTreeSet};

use latchkey::domain::Acl;
use latchkey::runtime::{AuthorizerService, ConsumerService, Service, Setup};
use latchkey_local::template::{rights, variables};
use serde_json::json;

use crate::house::secrets_manager::{self, Secrets};
use crate::house::used_rights::{self, Right, Rights};
use crate::house::{World, template};
use crate::operations::{Authorizer, Mailer};

/// A world whose key sets stand in Secrets Manager and whose mails go to SES.
pub async fn world_in_aws() -> (World, Secrets) {
    let secrets = Secrets::default();
    let endpoint = secrets_manager::serve(secrets.clone()).await;
    let mut world = World::new().await;
    for (variable, arn) in [("SIGNING_KEYS", "SigningKeys"), ("VERIFICATION_KEYS", "VerificationKeys"), ("TOKEN_KEYS", "TokenKeys")] {
        let source = world.setup.environment.required(variable).unwrap();
        let text = std::fs::read_to_string(source.strip_prefix("file:").unwrap()).unwrap();
        secrets.lock().unwrap().insert(arn.to_owned(), vec![("1".to_owned(), text)]);
        world.setup.environment.extend([(variable.to_owned(), format!("secretsmanager:{arn}"))]);
    }
    for (variable, value) in [
        ("MAIL_TRANSPORT", "ses"),
        ("MAIL_CONFIGURATION_SET", "latchkey-test"),
        ("AWS_ENDPOINT_URL_SESV2", &endpoint),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &endpoint),
    ] {
        world.setup.environment.extend([(variable.to_owned(), value.to_owned())]);
    }
    (world, secrets)
}

/// The surroundings of a function with the variables that the template gives it, and no other.
pub fn as_deployed(world: &World, name: &'static str) -> Setup {
    let always = ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    let endpoints = ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL_SESV2"];
    let given = variables(template()).remove(name).unwrap();
    let names = given.iter().map(String::as_str).chain(always).chain(endpoints);
    let mut setup = world.setup_of(name);
    let mut environment = latchkey::runtime::Environment::default();
    environment.extend(names.filter_map(|name| Some((name.to_owned(), world.setup.environment.find(name)?))));
    setup.environment = environment;
    setup
}

#[tokio::test]
async fn every_function_reads_the_key_sets_that_its_role_lets_it_and_no_other() {
    let (world, _secrets) = world_in_aws().await;
    let allowed = rights(template());
    let check = |name: &str| {
        let used: BTreeSet<_> = world.spy.take().rights.into_iter().filter(|(action, _)| action.starts_with("secretsmanager:")).collect();
        let allowed = allowed[name].iter().filter(|(action, _)| action.starts_with("secretsmanager:")).cloned().collect();
        assert_eq!(used, allowed, "{name}");
    };

    macro_rules! start {
        ($operation:ty) => {{
            use latchkey::http::Operation;
            Service::<$operation>::start(&as_deployed(&world, <$operation>::NAME)).await.unwrap();
            check(<$operation>::NAME);
        }};
    }
    crate::operations::each_operation!(start);
    AuthorizerService::<Authorizer>::start(&as_deployed(&world, "authorizer")).await.unwrap();
    check("authorizer");
    ConsumerService::<Mailer>::start(&as_deployed(&world, "mailer")).await.unwrap();
    check("mailer");
}

#[tokio::test]
async fn a_one_time_password_goes_through_ses_and_through_the_mailer_alone() {
    let (world, _secrets) = world_in_aws().await;
    let alice = world.person_with("alice", Acl::everything()).await;
    let is_of_ses = |right: &Right| right.0.starts_with("ses:");

    let reply = world.one_time_token(&alice.key, json!({ "customerId": alice.id, "otpRequired": true })).await;
    let of_the_operation = world.spy.take().rights;
    let mailer = ConsumerService::<Mailer>::start(&as_deployed(&world, "mailer")).await.unwrap();
    let answer = mailer.call(json!({ "Records": world.records().concat() }), "lambda-1").await.unwrap();

    assert_eq!((reply.status, answer), (201, json!({ "batchItemFailures": [] })));
    assert!(!of_the_operation.iter().any(is_of_ses), "{of_the_operation:?}");
    assert_eq!(world.spy.take().rights.iter().filter(|right| is_of_ses(right)).count(), 4);
    let senders = rights(template()).into_iter().filter(|(_, rights)| rights.iter().any(is_of_ses));
    assert_eq!(senders.map(|(function, _)| function).collect::<Vec<_>>(), ["mailer"]);
}

#[test]
fn no_role_has_a_right_to_everything() {
    for (function, rights) in rights(template()) {
        for (action, resource) in rights {
            // It knows no resource, and gives nothing without GetSecretValue on each secret.
            let gives_nothing = action == "secretsmanager:BatchGetSecretValue";
            assert!(!action.contains('*') && (gives_nothing || resource != "*"), "{function}: {action} on {resource}");
        }
    }
}

#[test]
#[ignore = "compares what the run before it used: `make test` runs it after all others"]
fn what_the_whole_run_used_is_what_the_roles_allow() {
    // Lambda uses these in a function's name: it writes the log, reads the stream, and puts aside what the function never took.
    let of_lambda = ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"].map(|action| format!("dynamodb:{action}"));
    let is_lambdas = |right: &Right| right.0.starts_with("logs:") || right.0.starts_with("sqs:") || of_lambda.contains(&right.0);
    // Of AWS's rights on mail the resources are the identity and the configuration set; ours has one of each.
    let named = |(action, resource): Right| match (action.starts_with("ses:"), resource.contains("configuration-set")) {
        (false, _) => (action, resource),
        (true, true) => (action, "configuration set".to_owned()),
        (true, false) => (action, "identity".to_owned()),
    };
    // A table that some tests take for one that fails.
    let is_meant = |right: &Right| !is_lambdas(right) && right.1 != "latchkey-absent";
    let comparable = |rights: BTreeSet<Right>| rights.into_iter().filter(is_meant).map(named).collect::<BTreeSet<_>>();

    let of_each = |rights: Rights| -> Rights { rights.into_iter().map(|(function, rights)| (function, comparable(rights))).collect() };
    let (allowed, used) = (of_each(rights(template())), of_each(used_rights::of_the_last_run()));

    let mut differences = BTreeMap::new();
    for function in allowed.keys().chain(used.keys()) {
        let of = |rights: &Rights| rights.get(function).cloned().unwrap_or_default();
        let (allowed, mut used) = (of(&allowed), of(&used));
        // What a closed origin needs, the template gives on that condition alone: `closed_origin` and `template` look at it.
        if used.iter().any(|(_, resource)| resource == "Origin") {
            let batch = ("secretsmanager:BatchGetSecretValue".to_owned(), "*".to_owned());
            used.retain(|right| right.1 != "Origin" && (*right != batch || allowed.contains(right)));
        }
        if used != allowed {
            let missing: Vec<_> = used.difference(&allowed).cloned().collect();
            let spare: Vec<_> = allowed.difference(&used).cloned().collect();
            differences.insert(function, (missing, spare));
        }
    }
    assert!(differences.is_empty(), "(missing, to spare): {differences:#?}");
    println!(
        "{} functions used {} rights, all of those that their roles give",
        used.len(),
        used.values().map(BTreeSet::len).sum::<usize>()
    );
}
