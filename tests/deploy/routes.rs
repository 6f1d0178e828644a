//! The routes of the HTTP APIs, from the OpenAPI document that SAM makes of the template.
//!
//! API Gateway imports that document with the deploy; ministack has everything of an HTTP API but that.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::aws::{ACCOUNT, Aws, REGION};
use super::deployed::STACK;

/// Gives each API of the stack the routes, authorizers and CORS of its document.
pub fn create(aws: &Aws, resources: &[Value]) {
    let parameters = json!({ "StackName": STACK, "TemplateStage": "Processed" });
    let template = aws.call("cloudformation", "get_template", parameters)["TemplateBody"].take();
    let ids: BTreeMap<&str, &str> = resources.iter().map(|one| (text(one, "LogicalResourceId"), text(one, "PhysicalResourceId"))).collect();
    let apis = template["Resources"].as_object().unwrap().iter().filter(|(_, one)| one["Type"] == "AWS::ApiGatewayV2::Api");
    for (name, api) in apis {
        if let Some(id) = ids.get(name.as_str()) {
            Api { aws, ids: &ids, id }.import(&api["Properties"]["Body"]);
        }
    }
}

struct Api<'a> {
    aws: &'a Aws,
    /// Of each resource its id in AWS.
    ids: &'a BTreeMap<&'a str, &'a str>,
    id: &'a str,
}

impl Api<'_> {
    fn import(&self, document: &Value) {
        let there = self.call("get_routes", json!({}))["Items"].take();
        let there: Vec<&str> = there.as_array().unwrap().iter().map(|route| text(route, "RouteKey")).collect();
        let authorizers = document.pointer("/components/securitySchemes").and_then(Value::as_object);
        let authorizers: BTreeMap<&String, String> =
            authorizers.into_iter().flatten().map(|(name, scheme)| (name, self.authorizer(name, scheme))).collect();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let key = format!("{} {path}", method.to_uppercase());
                if !there.contains(&key.as_str()) {
                    self.route(&key, operation, &authorizers);
                }
            }
        }
    }

    fn route(&self, key: &str, operation: &Value, authorizers: &BTreeMap<&String, String>) {
        let integration = &operation["x-amazon-apigateway-integration"];
        assert_eq!((text(integration, "type"), text(integration, "payloadFormatVersion")), ("aws_proxy", "2.0"), "{key}");
        let uri = self.invocation(&integration["uri"]);
        let parameters = json!({ "IntegrationType": "AWS_PROXY", "IntegrationUri": uri, "PayloadFormatVersion": "2.0" });
        let integration = self.call("create_integration", parameters)["IntegrationId"].take();
        let mut route = json!({ "RouteKey": key, "Target": format!("integrations/{}", integration.as_str().unwrap()) });
        let guard = operation["security"].as_array().into_iter().flatten().filter_map(Value::as_object).flat_map(|one| one.keys()).next();
        if let Some(name) = guard {
            route["AuthorizationType"] = json!("CUSTOM");
            route["AuthorizerId"] = json!(authorizers[name]);
        }
        self.call("create_route", route);
    }

    fn authorizer(&self, name: &str, scheme: &Value) -> String {
        let there = self.call("get_authorizers", json!({}))["Items"].take();
        if let Some(one) = there.as_array().unwrap().iter().find(|one| one["Name"] == name) {
            return text(one, "AuthorizerId").to_owned();
        }
        let wanted = &scheme["x-amazon-apigateway-authorizer"];
        let sources: Vec<&str> = text(wanted, "identitySource").split(',').map(str::trim).collect();
        let parameters = json!({
            "Name": name,
            "AuthorizerType": "REQUEST",
            "AuthorizerUri": self.invocation(&wanted["authorizerUri"]),
            "AuthorizerPayloadFormatVersion": wanted["authorizerPayloadFormatVersion"],
            "EnableSimpleResponses": wanted["enableSimpleResponses"],
            "IdentitySource": sources,
            // Nothing kept: each request asks.
            "AuthorizerResultTtlInSeconds": 0,
        });
        text(&self.call("create_authorizer", parameters), "AuthorizerId").to_owned()
    }

    /// `arn:…:functions/${UserLogin.Arn}/invocations`, resolved; an alias stands there as its own resource.
    fn invocation(&self, uri: &Value) -> String {
        let mut uri = text(uri, "Fn::Sub").replace("${AWS::Partition}", "aws").replace("${AWS::Region}", REGION);
        for (name, id) in self.ids {
            uri = uri.replace(&format!("${{{name}.Arn}}"), &format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{id}"));
            uri = uri.replace(&format!("${{{name}}}"), id);
        }
        assert!(!uri.contains('$'), "{uri}");
        uri
    }

    fn call(&self, operation: &str, mut parameters: Value) -> Value {
        parameters["ApiId"] = json!(self.id);
        self.aws.call("apigatewayv2", operation, parameters)
    }
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}
