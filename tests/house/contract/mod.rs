//! The contract, `infra/openapi.yaml`, as a judge: every request and answer that a test sees is held against it.

mod document;
mod operation;
pub mod seen;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use axum::body::Bytes;
use http::HeaderMap;
use latchkey_local::gateway::{Match, Routing};
use latchkey_local::template;
use latchkey_local::yaml;
use serde_json::Value;

use document::Document;
pub use operation::{Answer, Request, query};
use operation::{Documented, Operation};

/// What a test says of its own request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fit {
    /// It is as the contract documents.
    #[default]
    Documented,
    /// It is not: wrong on purpose, or one of the liberties of docs/compatibility.md.
    Undocumented,
    /// Nobody knows: one of many that were generated, or sent by a vendor's own client.
    Unknown,
}

/// The operations of the contract by method and path.
pub struct Contract {
    document: Document,
    operations: BTreeMap<(String, String), Operation>,
    /// What any operation may answer.
    closed_origin: Documented,
    routing: Routing,
}

/// The contract, read once.
pub fn contract() -> &'static Contract {
    static CONTRACT: OnceLock<Contract> = OnceLock::new();
    CONTRACT.get_or_init(|| Contract::read(&std::fs::read_to_string(super::root().join("infra/openapi.yaml")).unwrap()))
}

impl Contract {
    /// Reads an OpenAPI 3.1 document.
    pub fn read(text: &str) -> Self {
        let document = Document::new(yaml::parse(text).unwrap());
        let operations: BTreeMap<_, _> = document
            .operations()
            .map(|(method, path, item, operation)| ((method.clone(), path.to_owned()), Operation::read(&document, item, operation)))
            .collect();
        let route = |(method, path): &(String, String)| template::Route {
            path: path.clone(),
            method: method.clone(),
            operation: String::new(),
            authorizer: None,
            limit: None,
        };
        let routing = Routing::new(operations.keys().map(route).collect());
        let closed_origin = Documented::read(&document, &document.root()["components"]["responses"]["ClosedOrigin"]);
        Self { document, operations, closed_origin, routing }
    }

    /// The document, as it is written.
    pub fn document(&self) -> &Value {
        self.document.root()
    }

    /// What is wrong with the examples, by where each stands.
    pub fn faults_of_examples(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (method, path, _, operation) in self.document.operations() {
            let answers = operation["responses"].as_object().into_iter().flatten().map(|(status, answer)| (status.as_str(), answer));
            for (place, part) in answers.chain([("request", &operation["requestBody"])]) {
                for content in self.document.follow(part)["content"].as_object().into_iter().flat_map(serde_json::Map::values) {
                    let schema = self.document.compile(&content["schema"]);
                    for (name, example) in content["examples"].as_object().into_iter().flatten() {
                        let faults_here = schema.iter_errors(&self.document.follow(example)["value"]).map(|fault| fault.to_string());
                        faults.extend(faults_here.map(|fault| format!("{method} {path} {place} {name}: {fault}")));
                    }
                }
            }
        }
        faults
    }

    /// Every `METHOD /path status` of the contract.
    pub fn statuses(&self) -> impl Iterator<Item = String> {
        let of = |((method, path), operation): (&(String, String), &Operation)| {
            let line = |status: &u16| format!("{method} {path} {status}");
            operation.statuses().map(line).collect::<Vec<_>>()
        };
        self.operations.iter().flat_map(of)
    }

    /// The same for an exchange over HTTP. Paths that no operation has, and what a gateway answers by itself, are not the contract's.
    pub fn judge_over_http(&self, sent: &http::Request<Bytes>, fit: Fit, received: &http::Response<Bytes>) -> Result<(), String> {
        let method = sent.method().as_str();
        let Match::Route(route, parameters) = self.routing.find(method, sent.uri().path()) else { return Ok(()) };
        let (sent_headers, received_headers) = (texts(sent.headers()), texts(received.headers()));
        let answer = Answer { status: received.status().as_u16(), headers: &received_headers, body: received.body() };
        let has_authorizer = self.operations[&(route.method.clone(), route.path.clone())].has_authorizer;
        if !has_authorizer && answer.is_the_gateways() {
            return Ok(());
        }
        let parameters = parameters.into_iter().map(|(name, value)| (name, value.as_str().unwrap().to_owned())).collect();
        let query = query(sent.uri().query().unwrap_or_default());
        let request = Request { path: &parameters, query: &query, headers: &sent_headers, body: sent.body() };
        self.judge(method, &route.path, &request, fit, &answer)
    }

    /// What of an exchange at `method path` is not as the contract says; `path` is written as there. What is in order is noted as seen.
    pub fn judge(&self, method: &str, path: &str, request: &Request<'_>, fit: Fit, answer: &Answer<'_>) -> Result<(), String> {
        let exchange = format!("{method} {path} {}", answer.status);
        let Some(operation) = self.operations.get(&(method.to_owned(), path.to_owned())) else {
            return Err(format!("{exchange}: no such operation in the contract"));
        };
        let is_closed = answer.is_of_a_closed_origin();
        let mut wrong = if is_closed { self.closed_origin.faults(answer) } else { operation.faults_of_answer(answer) };
        match (fit, operation.faults_of_request(request)) {
            (Fit::Documented, faults) => wrong.extend(faults.into_iter().map(|fault| format!("request: {fault}"))),
            (Fit::Undocumented, faults) if faults.is_empty() => wrong.push("request: said to be undocumented, and fits".to_owned()),
            _ => {}
        }
        if !wrong.is_empty() {
            return Err(format!("{exchange} is not as infra/openapi.yaml says:\n  {}", wrong.join("\n  ")));
        }
        if !is_closed {
            seen::note(exchange);
        }
        Ok(())
    }
}

/// The headers by name, in lower case; those that stand twice are joined.
fn texts(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    for (name, value) in headers {
        let text = String::from_utf8_lossy(value.as_bytes());
        texts.entry(name.to_string()).and_modify(|joined: &mut String| joined.extend([",", &text])).or_insert_with(|| text.into_owned());
    }
    texts
}
