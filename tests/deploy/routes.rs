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
    let origins = origins(aws);
    let apis = template["Resources"].as_object().unwrap().iter().filter(|(_, one)| one["Type"] == "AWS::ApiGatewayV2::Api");
    for (name, api) in apis {
        if let Some(id) = ids.get(name.as_str()) {
            let api_of = Api { aws, ids: &ids, id };
            api_of.import(&api["Properties"]["Body"]);
            api_of.cors(&api["Properties"]["Body"], &origins);
        }
    }
}

/// The parameter CorsOrigins.
fn origins(aws: &Aws) -> Vec<String> {
    let stacks = aws.call("cloudformation", "describe_stacks", json!({ "StackName": STACK }));
    let parameters = stacks["Stacks"][0]["Parameters"].as_array().unwrap();
    let origins = parameters.iter().find(|one| one["ParameterKey"] == "CorsOrigins").unwrap();
    text(origins, "ParameterValue").split(',').filter(|origin| !origin.is_empty()).map(str::to_owned).collect()
}

/// What is there if a condition holds; an API whose condition does not hold is not asked for.
fn wanted(value: &Value) -> &Value {
    value.pointer("/Fn::If/1").unwrap_or(value)
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
            for (method, operation) in wanted(methods).as_object().unwrap() {
                let operation = wanted(operation);
                let key = format!("{} {path}", method.to_uppercase());
                if !there.contains(&key.as_str()) {
                    self.route(&key, operation, &authorizers);
                }
            }
        }
    }

    /// Where the stack names origins, those; the rest as the document has it. The document splits a text that ministack leaves as it was
    /// at the first deploy.
    fn cors(&self, document: &Value, origins: &[String]) {
        if let (Some(wanted), false) = (document.get("x-amazon-apigateway-cors").map(wanted), origins.is_empty()) {
            assert!(wanted["allowOrigins"]["Fn::Split"].is_array(), "{wanted}");
            let configuration = json!({
                "AllowOrigins": origins,
                "AllowMethods": wanted["allowMethods"],
                "AllowHeaders": wanted["allowHeaders"],
                "ExposeHeaders": wanted["exposeHeaders"],
                "MaxAge": wanted["maxAge"],
            });
            self.call("update_api", json!({ "CorsConfiguration": configuration }));
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
        let parameters = json!({
            "Name": name,
            "AuthorizerType": "REQUEST",
            "AuthorizerUri": self.invocation(&wanted["authorizerUri"]),
            "AuthorizerPayloadFormatVersion": wanted["authorizerPayloadFormatVersion"],
            "EnableSimpleResponses": wanted["enableSimpleResponses"],
            "IdentitySource": wanted["identitySource"],
            // Nothing kept: each request asks.
            "AuthorizerResultTtlInSeconds": 0,
        });
        text(&self.call("create_authorizer", parameters), "AuthorizerId").to_owned()
    }

    /// `arn:…:functions/${UserLogin.Arn}/invocations`, resolved; an alias stands there as its own resource.
    fn invocation(&self, uri: &Value) -> String {
        let uri = wanted(uri);
        let uri = match &uri["Fn::Sub"] {
            Value::Array(parts) => parts[0]
                .as_str()
                .unwrap()
                .replace("__FunctionArn__", &format!("{}.Arn", parts[1]["__FunctionArn__"]["Fn::GetAtt"][0].as_str().unwrap())),
            _ => text(uri, "Fn::Sub").to_owned(),
        };
        let mut uri = uri.replace("${AWS::Partition}", "aws").replace("${AWS::Region}", REGION);
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
