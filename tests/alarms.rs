//! Who watches what: the template's alarms, its dashboard and its gradual rollout leave no operation out, and docs/alarms.md says so.

use std::collections::{BTreeMap, BTreeSet};

use latchkey::audit::Act;
use latchkey_local::yaml;
use serde_json::{Map, Value};

use crate::house::root;

/// Nobody is woken for what is deployed to be tried.
const SAMPLE: &str = "AuthorizerSample";

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

fn resources() -> Map<String, Value> {
    yaml::parse(&read("template.yaml")).unwrap()["Resources"].as_object().unwrap().clone()
}

fn functions() -> BTreeSet<String> {
    let resources = resources().into_iter();
    resources.filter(|(id, of)| of["Type"] == "AWS::Serverless::Function" && id != SAMPLE).map(|(id, _)| id).collect()
}

/// The properties of each alarm, by what its name ends with.
fn alarms() -> BTreeMap<String, Value> {
    let alarms = resources().into_iter().filter(|(_, of)| of["Type"] == "AWS::CloudWatch::Alarm");
    let named = alarms.map(|(_, mut of)| {
        assert!(of["Condition"].as_str().unwrap().ends_with("AlarmsAreWanted"), "{of}");
        let properties = of["Properties"].take();
        let name = properties["AlarmName"]["Fn::Sub"].as_str().unwrap().strip_prefix("latchkey-${Stage}-").unwrap();
        (name.to_owned(), properties)
    });
    named.collect()
}

/// What stands where the condition of a function holds that is not always deployed.
fn deployed(value: &Value) -> &Value {
    value.pointer("/Fn::If/1").unwrap_or(value)
}

/// What an alarm looks at: metrics by their name, each with its dimensions.
fn metrics(alarm: &Value) -> Vec<Value> {
    match alarm["Metrics"].as_array() {
        None => vec![alarm.clone()],
        Some(queries) => {
            // That of a function that not every deployment has.
            let queries = queries.iter().map(|query| query.pointer("/Fn::If/1").unwrap_or(query));
            queries.filter_map(|query| query.pointer("/MetricStat/Metric").cloned()).collect()
        }
    }
}

#[test]
fn every_function_is_watched_for_errors_throttles_and_slowness() {
    let mut watched: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for metric in alarms().values().flat_map(metrics).filter(|metric| metric["Namespace"] == "AWS/Lambda") {
        let function = metric["Dimensions"][0]["Value"]["Ref"].as_str().unwrap().to_owned();
        watched.entry(metric["MetricName"].as_str().unwrap().to_owned()).or_default().insert(function);
    }
    // A deploy waits for it and a rule wakes it: nobody waits for its answer, and its failure is an error.
    let mut with_callers = functions();
    assert!(with_callers.remove("Keys"));

    assert_eq!(watched["Errors"], functions());
    assert_eq!(watched["Throttles"], with_callers);
    assert_eq!(watched["Duration"], with_callers);
}

#[test]
fn an_alarm_looks_at_ten_metrics_at_most_and_tells_the_topic() {
    for (name, alarm) in alarms() {
        assert!((1..=10).contains(&metrics(&alarm).len()), "{name}");
        assert_eq!(alarm["AlarmActions"][0]["Ref"], "AlarmTopicArn", "{name}");
        assert!(["notBreaching", "ignore"].contains(&alarm["TreatMissingData"].as_str().unwrap()), "{name}");
    }
}

#[test]
fn an_alarm_on_audit_events_looks_at_metrics_that_are_written() {
    let mut written: BTreeSet<&str> = Act::ALL.iter().map(|act| act.metric()).collect();
    written.insert("KeyAgeDays");

    let own = alarms().into_values().flat_map(|alarm| metrics(&alarm)).filter(|metric| metric["Namespace"]["Ref"] == "MetricsNamespace");
    let own: Vec<_> = own.collect();

    assert_eq!(own.len(), 6);
    for metric in own {
        assert!(written.contains(metric["MetricName"].as_str().unwrap()), "{metric}");
        assert_eq!(metric["Dimensions"][0]["Value"]["Ref"], "Stage", "{metric}");
    }
}

#[test]
fn docs_alarms_has_every_alarm_and_where_to_read_on() {
    let docs = read("docs/alarms.md");
    let operations = read("docs/operations.md");
    let (_, respond) = operations.split_once("\n## Respond\n").unwrap();
    let slug = |head: &str| head.to_lowercase().replace(' ', "-");
    let alarms = alarms();

    for (name, alarm) in &alarms {
        let row = if name.ends_with("-slow") { "`<operation>-slow`".to_owned() } else { format!("`{name}`") };
        let row = docs.lines().find(|line| line.starts_with("| `") && line.split('|').nth(1).unwrap().contains(&row));
        let (_, anchor) = alarm["AlarmDescription"].as_str().unwrap().split_once("docs/operations.md#").unwrap();
        assert!(row.unwrap_or_else(|| panic!("{name}")).contains(&format!("(operations.md#{anchor})")), "{name}");
        assert!(respond.lines().any(|line| line.strip_prefix("### ").is_some_and(|head| slug(head) == anchor)), "{anchor}");
    }
    let looked_at: usize = alarms.values().map(|alarm| metrics(alarm).len()).sum();
    assert!(docs.contains(&format!("{} alarms on {looked_at} metrics", alarms.len())), "{} on {looked_at}", alarms.len());
}

/// Those that every deployment has: a dashboard cannot leave out a line under a condition.
fn unconditional_functions() -> Vec<String> {
    let resources = resources();
    functions().into_iter().filter(|id| resources[id].get("Condition").is_none()).collect()
}

#[test]
fn the_dashboard_is_json_and_shows_every_function() {
    let dashboard = resources()["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"][0].as_str().unwrap().to_owned();

    assert!(serde_json::from_str::<Value>(&dashboard).unwrap()["widgets"].as_array().is_some_and(|widgets| widgets.len() > 10));
    for function in unconditional_functions() {
        // p99, errors, throttles, requests, GB-seconds.
        assert_eq!(dashboard.matches(&format!("${{{function}}}")).count(), expected_mentions(&function), "{function}");
    }
    assert_eq!(dashboard.matches("${AuditLogs}").count(), 1);
}

/// Those that hash a password are shown once more: how many run at once.
fn expected_mentions(function: &str) -> usize {
    if ["UserLogin", "UserPassword", "UserResetPassword", "UsersCreate", "AuthenticationTokenCreate"].contains(&function) { 6 } else { 5 }
}

#[test]
fn a_rollout_has_an_alias_for_every_function_and_a_role_that_may_move_it() {
    let rollout = |name: &str| latchkey_assemble::rollout(&root(), name, "20300115T103042Z");

    let template = yaml::parse(&rollout("Canary10Percent5Minutes").unwrap()).unwrap();

    assert!(rollout("Canary10Percent6Minutes").is_err());
    let globals = &template["Globals"]["Function"];
    assert_eq!(globals["AutoPublishAlias"], "live");
    assert_eq!(globals["DeploymentPreference"]["Type"], "Canary10Percent5Minutes");
    assert_eq!(globals["Environment"]["Variables"]["RELEASE"], "20300115T103042Z");
    let statements = template["Resources"]["RolloutRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"].clone();
    let allowed: Vec<_> = statements[1]["Resource"].as_array().unwrap().iter().map(Value::to_string).collect();
    for function in functions() {
        for arn in [format!("\"{function}.Arn\""), format!("${{{function}.Arn}}:*")] {
            assert!(allowed.iter().any(|resource| resource.contains(&arn)), "{arn}");
        }
    }
    let (alarms, mut own) = (alarms(), BTreeSet::new());
    for watched in globals["DeploymentPreference"]["Alarms"]["Fn::If"][1].as_array().unwrap().iter().map(deployed) {
        match watched["Fn::Sub"].as_str() {
            Some(name) => assert!(alarms.contains_key(name.strip_prefix("latchkey-${Stage}-").unwrap()), "{watched}"),
            None => drop(own.insert(watched["Ref"].as_str().unwrap().to_owned())),
        }
    }
    let of_the_release = template["Resources"].as_object().unwrap().keys().filter(|id| id.starts_with("Release"));
    assert_eq!(own, of_the_release.cloned().collect());
}

/// One call in ten goes to the new versions, so what all traffic together shows can hide that they always fail.
#[test]
fn a_rollout_watches_its_own_versions_alone() {
    let text = latchkey_assemble::rollout(&root(), "Canary10Percent5Minutes", "20300115T103042Z").unwrap();
    let template = yaml::parse(&text).unwrap();
    let (mut watched, mut alarms) = (BTreeSet::new(), 0);
    for (id, alarm) in template["Resources"].as_object().unwrap().iter().filter(|(id, _)| id.starts_with("Release")) {
        let alarm = &alarm["Properties"];
        let looked_at = metrics(alarm);
        assert!((1..=10).contains(&looked_at.len()) && alarm["Threshold"] == 1, "{id}");
        assert_eq!(alarm["AlarmActions"], Value::Null, "{id} is for CodeDeploy: it would ring for any failure after the rollout");
        let periods =
            alarm["Metrics"].as_array().into_iter().flatten().map(deployed).filter_map(|query| query.pointer("/MetricStat/Period"));
        assert!(periods.chain(alarm.get("Period")).all(|period| *period == 60), "{id} has to see it before the shift goes on");
        for metric in looked_at {
            let dimension = |name: &str| {
                let of = metric["Dimensions"].as_array().unwrap().iter().find(|dimension| dimension["Name"] == name);
                of.unwrap_or_else(|| panic!("{id} looks at more than the release: {metric}"))["Value"].clone()
            };
            if metric["MetricName"] == "Failures" {
                assert_eq!((dimension("Stage")["Ref"].as_str(), dimension("Release").as_str()), (Some("Stage"), Some("20300115T103042Z")));
            } else {
                let function = dimension("FunctionName")["Ref"].as_str().unwrap().to_owned();
                assert_eq!(dimension("Resource")["Fn::Sub"], format!("${{{function}}}:live"));
                assert_eq!(dimension("ExecutedVersion")["Fn::GetAtt"], format!("{function}.Version.Version"));
                watched.insert(function);
            }
        }
        alarms += 1;
    }

    let mut of_the_api = functions();
    // Gateways call the one as it is, by no alias; nobody waits for the other.
    assert!(of_the_api.remove("Authorizer") && of_the_api.remove("Keys"));
    assert_eq!(watched, of_the_api);
    assert!(alarms > 1);
}
