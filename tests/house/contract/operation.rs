//! One operation of the contract: what it takes and what it answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use jsonschema::Validator;
use serde_json::{Map, Value};

use super::document::Document;

/// The headers that are part of the contract: where one is sent, the contract has it.
const HEADERS: [&str; 7] =
    ["link", "location", "retry-after", "www-authenticate", "cache-control", "x-content-type-options", "strict-transport-security"];

/// A request: names of headers in lower case, parameters of the path and of the query decoded.
pub struct Request<'a> {
    pub path: &'a BTreeMap<String, String>,
    pub query: &'a BTreeMap<String, String>,
    pub headers: &'a BTreeMap<String, String>,
    pub body: &'a [u8],
}

/// An answer: names of headers in lower case.
pub struct Answer<'a> {
    pub status: u16,
    pub headers: &'a BTreeMap<String, String>,
    pub body: &'a [u8],
}

impl Answer<'_> {
    /// Whether a gateway answered in the function's place: with a message and nothing else.
    pub fn is_the_gateways(&self) -> bool {
        let body: Map<_, _> = serde_json::from_slice(self.body).unwrap_or_default();
        self.status >= 400 && body.len() == 1 && body.keys().all(|name| name.eq_ignore_ascii_case("message"))
    }

    /// Whether it is the one that any operation may give, which the contract documents once.
    pub fn is_of_a_closed_origin(&self) -> bool {
        let body: Map<_, _> = serde_json::from_slice(self.body).unwrap_or_default();
        self.status == 403
            && body.get("type").and_then(Value::as_str).is_some_and(|uri| uri.rsplit([':', '#']).next() == Some("closed-origin"))
    }
}

pub struct Operation {
    /// Whether an authorizer stands before it, whose refusals are part of the contract.
    pub has_authorizer: bool,
    parameters: Vec<Parameter>,
    /// Media type and schema.
    body: Option<(String, Arc<Validator>)>,
    answers: BTreeMap<u16, Documented>,
}

struct Parameter {
    place: String,
    value: HeaderValue,
}

/// A header or a parameter.
struct HeaderValue {
    name: String,
    required: bool,
    is_integer: bool,
    schema: Arc<Validator>,
}

/// What the contract says of an answer.
pub struct Documented {
    headers: Vec<HeaderValue>,
    /// By media type.
    bodies: BTreeMap<String, Arc<Validator>>,
}

impl Operation {
    pub fn read(document: &Document, item: &Value, operation: &Value) -> Self {
        let parameters = [&item["parameters"], &operation["parameters"]].into_iter().filter_map(Value::as_array).flatten();
        let parameter = |value| {
            let value = document.follow(value);
            let name = value["name"].as_str().unwrap();
            let place = value["in"].as_str().unwrap().to_owned();
            let name = if place == "header" { name.to_lowercase() } else { name.to_owned() };
            Parameter { place, value: HeaderValue::read(document, name, value) }
        };
        let taken = bodies(document, document.follow(&operation["requestBody"]));
        assert!(taken.len() < 2, "{}: generators take one media type only", operation["operationId"]);
        let answers = operation["responses"].as_object().unwrap().iter();
        let answers = answers.map(|(status, answer)| (status.parse().unwrap(), Documented::read(document, answer)));
        let schemes = operation["security"].as_array().into_iter().flatten();
        let has_authorizer = schemes.filter_map(Value::as_object).any(|scheme| scheme.contains_key("authorizer"));
        Self { has_authorizer, parameters: parameters.map(parameter).collect(), body: taken.into_iter().next(), answers: answers.collect() }
    }

    pub fn statuses(&self) -> impl Iterator<Item = &u16> {
        self.answers.keys()
    }

    /// How `request` departs from the contract. Whether its credentials are good is not for the contract to say.
    pub fn faults_of_request(&self, request: &Request<'_>) -> Vec<String> {
        let mut faults = Vec::new();
        for Parameter { place, value } in &self.parameters {
            let given = match place.as_str() {
                "path" => request.path,
                "query" => request.query,
                _ => request.headers,
            };
            faults.extend(value.faults(given));
        }
        if let Some((media_type, schema)) = &self.body {
            match parse(media_type, request) {
                Ok(body) => faults.extend(faults_of(schema, &body)),
                Err(fault) => faults.push(fault),
            }
        }
        faults
    }

    /// How `answer` departs from the contract.
    pub fn faults_of_answer(&self, answer: &Answer<'_>) -> Vec<String> {
        match self.answers.get(&answer.status) {
            Some(documented) => documented.faults(answer),
            None => vec!["the status is not documented".to_owned()],
        }
    }
}

impl Documented {
    pub fn read(document: &Document, answer: &Value) -> Self {
        let answer = document.follow(answer);
        let headers = answer["headers"].as_object().into_iter().flatten();
        let header = |(name, value): (&String, _)| HeaderValue::read(document, name.to_lowercase(), document.follow(value));
        Self { headers: headers.map(header).collect(), bodies: bodies(document, answer) }
    }

    /// How `answer` departs from it.
    pub fn faults(&self, answer: &Answer<'_>) -> Vec<String> {
        let mut faults: Vec<_> = self.headers.iter().flat_map(|header| header.faults(answer.headers)).collect();
        for name in HEADERS.iter().filter(|name| answer.headers.contains_key(**name)) {
            if !self.headers.iter().any(|header| header.name == *name) {
                faults.push(format!("header {name} is not documented"));
            }
        }
        let media_type = answer.headers.get("content-type").map(|value| essence(value));
        match (media_type.as_deref(), answer.body) {
            // A gateway may name a media type although there is no body.
            (_, []) if self.bodies.is_empty() => {}
            (Some(media_type), body) => match (self.bodies.get(media_type), serde_json::from_slice(body)) {
                (Some(schema), Ok(body)) => faults.extend(faults_of(schema, &body)),
                (None, _) => faults.push(format!("media type {media_type} is not documented")),
                (_, Err(error)) => faults.push(format!("the body is not JSON: {error}")),
            },
            (None, body) => faults.push(format!("{} bytes of body without a media type", body.len())),
        }
        faults
    }
}

impl HeaderValue {
    fn read(document: &Document, name: String, value: &Value) -> Self {
        let schema = document.follow(&value["schema"]);
        let required = value["required"] == true;
        Self { name, required, is_integer: schema["type"] == "integer", schema: document.compile(schema) }
    }

    fn faults(&self, given: &BTreeMap<String, String>) -> Vec<String> {
        let named = |fault| format!("{}: {fault}", self.name);
        match given.get(&self.name) {
            None if self.required => vec![named("is missing".to_owned())],
            None => Vec::new(),
            Some(text) => {
                let value = if self.is_integer { text.parse::<i64>().map_or(Value::Null, Value::from) } else { text.as_str().into() };
                faults_of(&self.schema, &value).into_iter().map(named).collect()
            }
        }
    }
}

fn bodies(document: &Document, value: &Value) -> BTreeMap<String, Arc<Validator>> {
    let content = value["content"].as_object().into_iter().flatten();
    content.map(|(media_type, content)| (media_type.clone(), document.compile(&content["schema"]))).collect()
}

/// What is wrong with `value`, and where; never the value, which may be a secret.
fn faults_of(schema: &Validator, value: &Value) -> Vec<String> {
    schema.iter_errors(value).map(|error| format!("{} {}", error.instance_path(), error.masked())).collect()
}

/// The body as the value that the schema describes. JSON is read whatever the `Content-Type` says, and an empty body as `{}`.
fn parse(media_type: &str, request: &Request<'_>) -> Result<Value, String> {
    if media_type == "application/x-www-form-urlencoded" {
        let given = request.headers.get("content-type").map_or(media_type.to_owned(), |value| essence(value));
        if given != media_type {
            return Err(format!("media type {given}"));
        }
        let text = std::str::from_utf8(request.body).map_err(|error| error.to_string())?;
        return Ok(Value::Object(form(text)));
    }
    if request.body.trim_ascii().is_empty() {
        return Ok(Map::new().into());
    }
    serde_json::from_slice(request.body).map_err(|error| error.to_string())
}

fn form(text: &str) -> Map<String, Value> {
    form_urlencoded::parse(text.as_bytes()).map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect()
}

/// The parameters of a query.
pub fn query(text: &str) -> BTreeMap<String, String> {
    form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

/// A media type without its parameters.
fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_lowercase()
}
