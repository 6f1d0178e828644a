//! infra/edge.yaml, the distribution in front: what it shows and sends is what the functions look for, and no answer is kept that is
//! another caller's.

use std::collections::BTreeSet;

use latchkey_local::template::routes;
use latchkey_local::yaml;
use serde_json::{Value, json};

use crate::house::contract::contract;
use crate::house::{root, template};

fn edge() -> Value {
    yaml::parse(&std::fs::read_to_string(root().join("infra/edge.yaml")).unwrap()).unwrap()
}

fn distribution() -> Value {
    edge().pointer("/Resources/Distribution/Properties/DistributionConfig").unwrap().clone()
}

/// The default behavior, then the others.
fn behaviors(distribution: &Value) -> impl Iterator<Item = &Value> {
    [&distribution["DefaultCacheBehavior"]].into_iter().chain(distribution["CacheBehaviors"].as_array().unwrap())
}

#[test]
fn the_distribution_shows_the_secret_and_no_parameter_holds_it() {
    let (edge, distribution) = (edge(), distribution());

    let headers = &distribution["Origins"][0]["OriginCustomHeaders"];
    let shown = "{{resolve:secretsmanager:${OriginSecret}:SecretString:${OriginSecretMember}}}";
    assert_eq!(headers, &json!([{ "HeaderName": "x-latchkey-origin", "HeaderValue": { "Fn::Sub": shown } }]));
    let generated = &edge["Resources"]["OriginSecret"]["Properties"]["GenerateSecretString"];
    assert_eq!((&generated["GenerateStringKey"], &generated["SecretStringTemplate"]), (&json!("first"), &json!("{}")));
    assert!(generated["PasswordLength"].as_u64().unwrap() >= 32);
    assert_eq!(edge["Parameters"]["OriginSecretMember"]["AllowedValues"], json!(["first", "second"]));
}

#[test]
fn every_request_carries_the_address_that_cloudfront_saw() {
    let (edge, distribution) = (edge(), distribution());

    for behavior in behaviors(&distribution) {
        let function = json!([{ "EventType": "viewer-request", "FunctionARN": { "Fn::GetAtt": "ClientAddress.FunctionARN" } }]);
        assert_eq!(behavior["FunctionAssociations"], function, "{behavior}");
        // AllViewerExceptHostHeader
        assert_eq!(behavior["OriginRequestPolicyId"], "b689b0a8-53d0-40ab-baf2-68738e2966ac", "{behavior}");
    }
    let code = edge["Resources"]["ClientAddress"]["Properties"]["FunctionCode"].as_str().unwrap();
    assert!(code.contains("request.headers['x-latchkey-client-address'] = { value: event.viewer.ip };"), "{code}");
    assert_eq!(edge["Outputs"]["ClientAddressHeader"]["Value"], "x-latchkey-client-address");
}

#[test]
fn every_method_of_the_contract_passes_and_only_by_tls() {
    let distribution = distribution();
    let methods: BTreeSet<_> = routes(template()).unwrap().into_iter().map(|route| route.method).collect();

    let allowed = distribution["DefaultCacheBehavior"]["AllowedMethods"].as_array().unwrap();
    assert!(methods.iter().all(|method| allowed.iter().any(|one| one == method)), "{methods:?}");
    assert!(behaviors(&distribution).all(|behavior| behavior["ViewerProtocolPolicy"] == "https-only"));
    assert_eq!(distribution["ViewerCertificate"]["MinimumProtocolVersion"], "TLSv1.2_2021");
    let origin = &distribution["Origins"][0]["CustomOriginConfig"];
    assert_eq!((&origin["OriginProtocolPolicy"], &origin["OriginSSLProtocols"]), (&json!("https-only"), &json!(["TLSv1.2"])));
}

#[test]
fn only_the_public_keys_are_cached_and_never_an_error() {
    let distribution = distribution();
    // CachingDisabled
    assert_eq!(distribution["DefaultCacheBehavior"]["CachePolicyId"], "4135ea2d-6df8-44a3-9df3-4b5a84be39ad");

    let cached: Vec<_> = distribution["CacheBehaviors"].as_array().unwrap().iter().map(|of| of["PathPattern"].as_str().unwrap()).collect();
    assert_eq!(cached, ["/.well-known/*"]);
    for route in routes(template()).unwrap().iter().filter(|route| route.path.starts_with("/.well-known/")) {
        assert_eq!((route.operation.as_str(), route.method.as_str()), ("jwks", "GET"), "{route:?}");
    }

    // What CloudFront caches by itself, for ten seconds: all of these, or those that say max-age.
    let by_itself = [400, 403, 404, 405, 414, 500, 501, 502, 503, 504];
    let responses = distribution["CustomErrorResponses"].as_array().unwrap();
    let not_cached = responses.iter().filter(|response| response["ErrorCachingMinTTL"] == 0);
    let not_cached: BTreeSet<_> = not_cached.map(|response| response["ErrorCode"].as_u64().unwrap()).collect();
    assert_eq!(not_cached, by_itself.into());
    // The contract's other errors are none that CloudFront caches.
    let others = contract().statuses().map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap());
    let others: BTreeSet<_> = others.filter(|status| *status >= 400 && !by_itself.contains(status)).collect();
    assert!(others.iter().all(|status| [401, 409, 413, 422, 429].contains(status)), "{others:?}");
}

#[test]
fn nothing_keeps_a_path_which_may_hold_a_token() {
    let (edge, distribution) = (edge(), distribution());

    assert!(distribution["Logging"].is_null());
    let kinds: BTreeSet<_> = edge["Resources"].as_object().unwrap().values().map(|resource| resource["Type"].as_str().unwrap()).collect();
    assert!(!kinds.contains("AWS::WAFv2::LoggingConfiguration") && !kinds.contains("AWS::CloudFront::RealtimeLogConfig"), "{kinds:?}");
    let firewall = &edge["Resources"]["Firewall"]["Properties"];
    let rules = firewall["Rules"].as_array().unwrap();
    for of in rules.iter().chain([firewall]) {
        assert_eq!(of["VisibilityConfig"]["SampledRequestsEnabled"], false, "{of}");
    }
}

#[test]
fn the_firewall_limits_each_address_and_reads_no_body_for_its_looks() {
    let edge = edge();
    let firewall = &edge["Resources"]["Firewall"]["Properties"];
    assert_eq!(firewall["Scope"], "CLOUDFRONT");

    let rules = firewall["Rules"].as_array().unwrap();
    let limits: Vec<_> = rules.iter().filter_map(|rule| rule["Statement"].get("RateBasedStatement")).collect();
    assert_eq!(limits.iter().map(|limit| limit["Limit"]["Ref"].as_str().unwrap()).collect::<Vec<_>>(), ["RateLimit", "UserRateLimit"]);
    assert!(limits.iter().all(|limit| limit["AggregateKeyType"] == "IP"));
    for rule in rules.iter().filter(|rule| rule["Statement"].get("RateBasedStatement").is_some()) {
        assert_eq!(rule["Action"]["Block"]["CustomResponse"]["ResponseCode"], 429);
    }
    let groups = rules.iter().filter_map(|rule| rule.pointer("/Statement/ManagedRuleGroupStatement/Name")?.as_str());
    let groups: Vec<_> = groups.collect();
    assert_eq!(groups, ["AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesKnownBadInputsRuleSet"]);
}
