//! The gateway's events (HTTP API, payload 2.0), as the functions get them. Imports nothing of ours.

use serde_json::{Map, Value, json};

/// A request on its way to becoming an event.
#[derive(Clone, Debug)]
pub struct Event(Value);

impl Event {
    /// A request to the route `POST /entities/{entityId}`, with the values of its parameters.
    pub fn new(route: &str, parameters: &[(&str, &str)]) -> Self {
        let (method, path) = route.split_once(' ').unwrap_or_default();
        let filled = parameters.iter().fold(path.to_owned(), |path, (name, value)| path.replace(&format!("{{{name}}}"), value));
        let mut event = json!({
            "version": "2.0",
            "routeKey": route,
            "rawPath": filled,
            "rawQueryString": "",
            "headers": {
                "accept": "application/json",
                "content-type": "application/json",
                "host": "auth.example.com",
                "user-agent": "bench",
                "x-forwarded-for": "192.0.2.10",
                "x-forwarded-port": "443",
                "x-forwarded-proto": "https",
            },
            "requestContext": {
                "accountId": "000000000000",
                "apiId": "bench",
                "domainName": "auth.example.com",
                "domainPrefix": "auth",
                "http": { "method": method, "path": filled, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.10", "userAgent": "bench" },
                "requestId": "UeXaMpLe10iAEJdw=",
                "routeKey": route,
                "stage": "$default",
                "time": "22/Nov/2025:11:36:48 +0000",
                "timeEpoch": 1_763_811_408_000_u64,
            },
            "isBase64Encoded": false,
        });
        if !parameters.is_empty() {
            let parameters: Map<_, _> = parameters.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
            set(&mut event, "pathParameters", parameters.into());
        }
        Self(event)
    }

    /// With a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Some(headers) = self.0.get_mut("headers") {
            set(headers, name, value.into());
        }
        self
    }

    /// With a JSON body.
    pub fn body(mut self, body: &Value) -> Self {
        set(&mut self.0, "body", body.to_string().into());
        self
    }

    /// With a form, as the gateway hands one over.
    pub fn form(mut self, form: &str) -> Self {
        use base64::Engine;
        let encoded = base64::engine::general_purpose::STANDARD.encode(form);
        set(&mut self.0, "body", encoded.into());
        set(&mut self.0, "isBase64Encoded", true.into());
        self.header("content-type", "application/x-www-form-urlencoded")
    }

    /// With a query.
    pub fn query(mut self, query: &str) -> Self {
        set(&mut self.0, "rawQueryString", query.into());
        self
    }

    /// With cookies.
    pub fn cookies(mut self, cookies: &Value) -> Self {
        set(&mut self.0, "cookies", cookies.clone());
        self
    }

    /// As the gateway asks a Lambda authorizer.
    pub fn for_authorizer(mut self, credential: &str) -> Self {
        set(&mut self.0, "type", "REQUEST".into());
        set(&mut self.0, "routeArn", "arn:aws:execute-api:local:000000000000:bench/$default/GET/authorizer-sample".into());
        set(&mut self.0, "identitySource", json!([credential]));
        self.header("authorization", credential)
    }

    /// As it comes behind an authorizer that has said `context`.
    pub fn authorized_as(mut self, context: &Value) -> Self {
        if let Some(request) = self.0.get_mut("requestContext") {
            set(request, "authorizer", json!({ "lambda": context }));
        }
        self
    }

    /// The event.
    pub fn json(self) -> Value {
        self.0
    }
}

fn set(object: &mut Value, name: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(name.to_owned(), value);
    }
}
