//! Between the SDK and the embedded DynamoDB: counts requests, rounds and capacity units, and loses answers.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::{HttpClient, RuntimeComponents, SharedHttpClient};
use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use super::used_rights::{self, Right};

/// What went over the wire since the last [`Spy::take`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Traffic {
    /// The actions, in the order in which they were sent.
    pub actions: Vec<String>,
    /// The actions of each round, sorted: requests side by side are one round, one that waited for an earlier one begins the next.
    pub rounds: Vec<Vec<String>>,
    /// Read units and write units consumed. A write unit costs five times as much.
    pub units: (f64, f64),
    /// The rights that were used, as IAM names them, and the table of each.
    pub rights: BTreeSet<Right>,
    in_flight: usize,
}

impl Traffic {
    fn sent(&mut self, action: String) {
        if self.in_flight == 0 {
            self.rounds.push(Vec::new());
        }
        if let Some(round) = self.rounds.last_mut() {
            round.push(action.clone());
            // Of requests side by side either may come first.
            round.sort();
        }
        self.actions.push(action);
        self.in_flight += 1;
    }
}

#[derive(Debug, Default)]
struct State {
    traffic: Traffic,
    lose_after: Option<usize>,
    refuse: Option<(u16, String)>,
    /// The action that is always refused.
    refused_action: Option<&'static str>,
    passed: usize,
    refusals: usize,
    partial: usize,
    unanswered: usize,
}

/// A clone watches the same wire.
#[derive(Clone, Debug)]
pub struct Spy {
    state: Arc<Mutex<State>>,
    real: SharedHttpClient,
    function: Option<&'static str>,
}

impl Default for Spy {
    fn default() -> Self {
        Self { state: Arc::default(), real: Builder::new().build_http(), function: None }
    }
}

/// What DynamoDB answers where a transaction is refused, with the reason of each of its writes.
pub fn canceled<const WRITES: usize>(reasons: [&str; WRITES]) -> Value {
    let reasons: Vec<_> = reasons.iter().map(|code| json!({ "Code": code })).collect();
    json!({ "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "CancellationReasons": reasons })
}

impl Spy {
    /// An HTTP client under watch.
    pub fn client(&self) -> SharedHttpClient {
        SharedHttpClient::new(Watched { spy: self.clone() })
    }

    /// The same for a function, whose rights are written down as it uses them.
    pub fn client_of(&self, function: &'static str) -> SharedHttpClient {
        SharedHttpClient::new(Watched { spy: Self { function: Some(function), ..self.clone() } })
    }

    /// What went over the wire; counting starts anew.
    pub fn take(&self) -> Traffic {
        std::mem::take(&mut self.state.lock().unwrap().traffic)
    }

    /// After `count` more, one request is carried out and its answer lost.
    pub fn lose_after(&self, count: usize) {
        self.state.lock().unwrap().lose_after = Some(count);
    }

    /// Whether a request has no answer yet.
    pub fn is_busy(&self) -> bool {
        self.state.lock().unwrap().unanswered > 0
    }

    /// The next `count` requests are not carried out and answered with `status` and `body`.
    pub fn refuse_next(&self, count: usize, status: u16, body: &Value) {
        self.refuse_after(0, count, status, body);
    }

    /// The same after `passed` requests that go through.
    pub fn refuse_after(&self, passed: usize, count: usize, status: u16, body: &Value) {
        let mut state = self.state.lock().unwrap();
        state.passed = passed;
        state.refusals = count;
        state.refuse = Some((status, body.to_string()));
    }

    /// No request of this action is carried out from now on; each is answered with `status` and `body`.
    pub fn refuse_all(&self, action: &'static str, status: u16, body: &Value) {
        let mut state = self.state.lock().unwrap();
        state.refused_action = Some(action);
        state.refuse = Some((status, body.to_string()));
    }

    /// Every action is carried out again.
    pub fn refuse_none(&self) {
        self.state.lock().unwrap().refused_action = None;
    }

    /// In each of the next `count` batches DynamoDB leaves a key unread, as it does when it throttles.
    pub fn leave_unread(&self, count: usize) {
        self.state.lock().unwrap().partial = count;
    }
}

impl Spy {
    fn answered(&self, is_read: bool, units: f64) {
        let mut state = self.state.lock().unwrap();
        state.traffic.in_flight = state.traffic.in_flight.saturating_sub(1);
        state.unanswered -= 1;
        let (reads, writes) = &mut state.traffic.units;
        *if is_read { reads } else { writes } += units;
    }
}

#[derive(Debug)]
struct Watched {
    spy: Spy,
}

impl HttpClient for Watched {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(WatchedConnector { spy: self.spy.clone(), real: self.spy.real.http_connector(settings, components) })
    }
}

#[derive(Debug)]
struct WatchedConnector {
    spy: Spy,
    real: SharedHttpConnector,
}

impl HttpConnector for WatchedConnector {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let (refused, lost, is_read, unread) = {
            let mut state = self.spy.state.lock().unwrap();
            let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
            let (service, action) = target.split_once('.').map_or(("", String::new()), |(service, action)| (service, action.to_owned()));
            let body = request.body().bytes().map(serde_json::from_slice).and_then(Result::ok).unwrap_or_default();
            let used = rights(service, &action, &body);
            if let Some(function) = self.spy.function {
                used_rights::write_down(function, &used);
            }
            state.traffic.rights.extend(used);
            let is_read = ["GetItem", "BatchGetItem", "Query", "Scan"].contains(&action.as_str());
            let is_refused_always = state.refused_action == Some(&action);
            state.traffic.sent(action);
            state.unanswered += 1;
            let refuse = is_refused_always || (state.passed == 0 && state.refusals > 0);
            if refuse {
                state.refusals = state.refusals.saturating_sub(1);
            }
            state.passed = state.passed.saturating_sub(1);
            let lost = state.lose_after == Some(0);
            state.lose_after = state.lose_after.and_then(|count| count.checked_sub(1));
            let unread = if state.partial > 0 { take_a_key(&mut request, &body) } else { None };
            state.partial -= usize::from(unread.is_some());
            (state.refuse.clone().filter(|_| refuse), lost, is_read, unread)
        };
        ask_for_capacity(&mut request);
        let (spy, real) = (self.spy.clone(), self.real.clone());
        HttpConnectorFuture::new(async move {
            let result = match refused {
                Some((status, body)) => Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))),
                None if unread.as_ref().is_some_and(|unread| unread.was_the_last) => {
                    Ok(HttpResponse::new(200.try_into().unwrap(), SdkBody::from("{}")))
                }
                None => real.call(request).await,
            };
            let (mut response, units) = read_units(result?).await;
            if let Some(unread) = unread {
                add_unread(&mut response, &unread);
            }
            spy.answered(is_read, units);
            if lost { Err(ConnectorError::io("the answer was lost".into())) } else { Ok(response) }
        })
    }
}

/// A key of a batch that is not sent on, as `RequestItems` with nothing else.
struct Unread {
    request_items: Value,
    was_the_last: bool,
}

/// Takes a key out of a BatchGetItem.
fn take_a_key(request: &mut HttpRequest, body: &Value) -> Option<Unread> {
    let (table, wanted) = body["RequestItems"].as_object()?.iter().next_back()?;
    let (mut body, mut unread) = (body.clone(), wanted.clone());
    let keys = body["RequestItems"][table]["Keys"].as_array_mut()?;
    unread["Keys"] = json!([keys.pop()?]);
    if keys.is_empty() {
        body["RequestItems"].as_object_mut()?.remove(table);
    }
    set_body(request, &body);
    Some(Unread { was_the_last: body["RequestItems"] == json!({}), request_items: json!({ table: unread }) })
}

fn add_unread(response: &mut HttpResponse, unread: &Unread) {
    let mut body: Value = response.body().bytes().map(serde_json::from_slice).and_then(Result::ok).unwrap_or_default();
    body["UnprocessedKeys"] = unread.request_items.clone();
    response.headers_mut().remove("content-length");
    *response.body_mut() = SdkBody::from(body.to_string());
}

fn set_body(request: &mut HttpRequest, body: &Value) {
    let text = body.to_string();
    request.headers_mut().insert("content-length", text.len().to_string());
    *request.body_mut() = SdkBody::from(text);
}

/// What IAM checks for a request: a transaction is checked item by item, a batch table by table. For SES's one call of
/// version 2 IAM also wants the action of version 1 that its content stands for; ours is raw. It checks both for the sender and for the
/// configuration set.
fn rights(service: &str, action: &str, body: &Value) -> Vec<Right> {
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    match service {
        "" => {
            let set = Some(text("ConfigurationSetName")).filter(|name| !name.is_empty()).map(|name| format!("configuration-set/{name}"));
            let resources: Vec<_> = set.into_iter().chain([text("FromEmailAddress")]).collect();
            let actions = ["ses:SendEmail", "ses:SendRawEmail"].into_iter();
            return actions.flat_map(|action| resources.iter().map(move |resource| (action.to_owned(), resource.clone()))).collect();
        }
        "secretsmanager" if action == "BatchGetSecretValue" => {
            let each = body["SecretIdList"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let each = each.map(|id| ("secretsmanager:GetSecretValue".to_owned(), id.to_owned()));
            return each.chain([("secretsmanager:BatchGetSecretValue".to_owned(), "*".to_owned())]).collect();
        }
        "secretsmanager" => return vec![(format!("secretsmanager:{action}"), text("SecretId"))],
        _ => {}
    }
    let right = |action: &str, table: &Value| (format!("dynamodb:{action}"), table.as_str().unwrap_or_default().to_owned());
    match (body["TransactItems"].as_array(), body["RequestItems"].as_object()) {
        (Some(items), _) => {
            let item = |item: &Value| {
                let (kind, content) = item.as_object()?.iter().next()?;
                let action = if kind == "ConditionCheck" { "ConditionCheckItem".to_owned() } else { format!("{kind}Item") };
                Some(right(&action, &content["TableName"]))
            };
            items.iter().filter_map(item).collect()
        }
        (_, Some(tables)) => tables.keys().map(|table| right(action, &table.as_str().into())).collect(),
        _ => vec![right(action, &body["TableName"])],
    }
}

/// The product does not ask what a request costs; the spy does, in its name. The local engine checks no signature.
fn ask_for_capacity(request: &mut HttpRequest) {
    let Some(mut body) = request.body().bytes().and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok()) else { return };
    body["ReturnConsumedCapacity"] = "TOTAL".into();
    set_body(request, &body);
}

async fn read_units(response: HttpResponse) -> (HttpResponse, f64) {
    use http_body_util::BodyExt as _;

    let status = response.status();
    let headers = response.headers().clone();
    let bytes = response.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let units = |value: &Value| value["CapacityUnits"].as_f64().unwrap_or_default();
    let consumed = match &body["ConsumedCapacity"] {
        Value::Array(tables) => tables.iter().map(units).sum(),
        one => units(one),
    };
    let mut rebuilt = HttpResponse::new(status, SdkBody::from(bytes.to_vec()));
    *rebuilt.headers_mut() = headers;
    (rebuilt, consumed)
}
