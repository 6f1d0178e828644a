//! One request to an operation, as the gateway would hand it over, and the answer.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use latchkey::runtime::{GatewayAnswer, GatewayEvent};
use serde_json::{Value, json};

use super::contract::Fit;

/// A request in the making, as the contract documents it unless it says otherwise.
#[derive(Clone)]
pub struct Call {
    headers: BTreeMap<String, String>,
    source_ip: Option<String>,
    pub(super) path: BTreeMap<String, String>,
    pub(super) query: String,
    pub(super) body: Option<Vec<u8>>,
    pub(super) route: String,
    pub(super) fit: Fit,
}

impl Call {
    pub fn new() -> Self {
        Self {
            headers: BTreeMap::new(),
            source_ip: Some("127.0.0.1".to_owned()),
            path: BTreeMap::new(),
            query: String::new(),
            body: None,
            route: String::new(),
            fit: Fit::default(),
        }
    }

    /// From this address, as the gateway saw it; `None` is from none.
    pub fn from<'a>(self, address: impl Into<Option<&'a str>>) -> Self {
        Self { source_ip: address.into().map(str::to_owned), ..self }
    }

    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// `Authorization: Bearer …`
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    pub fn path(mut self, name: &str, value: impl Into<String>) -> Self {
        self.path.insert(name.into(), value.into());
        self
    }

    /// The query, as it stands in the URL.
    pub fn query(mut self, query: &str) -> Self {
        self.query = query.to_owned();
        self
    }

    /// One more parameter of the query.
    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        let pair = form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
        self.query = if self.query.is_empty() { pair } else { format!("{}&{pair}", self.query) };
        self
    }

    /// The route that the gateway matched; only an operation with several looks at it.
    pub fn route(mut self, route: &str) -> Self {
        self.route = route.to_owned();
        self
    }

    pub fn json(self, body: Value) -> Self {
        self.body(body.to_string())
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// The request is not as the contract documents it: wrong on purpose, or one of the liberties of docs/compatibility.md.
    pub fn undocumented(mut self) -> Self {
        self.fit = Fit::Undocumented;
        self
    }

    /// The request is one of many, some of which are not as the contract documents them.
    pub fn perhaps_undocumented(mut self) -> Self {
        self.fit = Fit::Unknown;
        self
    }

    /// The headers with their names in lower case.
    pub(super) fn judged(&self) -> BTreeMap<String, String> {
        self.headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone())).collect()
    }

    /// The gateway's event; a body that is no text comes as base64.
    pub(super) fn event(&self) -> GatewayEvent {
        let (body, is_base64_encoded) = match self.body.clone().map(String::from_utf8) {
            None => (Value::Null, false),
            Some(Ok(text)) => (text.into(), false),
            Some(Err(error)) => (STANDARD.encode(error.into_bytes()).into(), true),
        };
        let event = json!({
            "version": "2.0",
            "routeKey": self.route,
            "headers": self.headers,
            "pathParameters": self.path,
            "rawQueryString": self.query,
            "body": body,
            "isBase64Encoded": is_base64_encoded,
            "requestContext": { "requestId": "request-1", "http": { "method": "POST", "path": "/", "sourceIp": self.source_ip } },
        });
        serde_json::from_value(event).unwrap()
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    pub status: i64,
    pub headers: BTreeMap<String, String>,
    pub body: Value,
}

impl From<GatewayAnswer> for Reply {
    fn from(answer: GatewayAnswer) -> Self {
        let headers = answer.headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        let text = match answer.body {
            Some(body) => String::from_utf8(body.as_ref().to_vec()).unwrap(),
            None => String::new(),
        };
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
        Self { status: answer.status_code, headers, body }
    }
}

impl Reply {
    /// The text member `name`.
    pub fn text(&self, name: &str) -> String {
        self.body[name].as_str().unwrap_or_else(|| panic!("no {name} in {self:?}")).to_owned()
    }

    /// The problem's code, after checking what every problem has.
    pub fn code(&self) -> &str {
        assert_eq!(self.body["status"], self.status, "{self:?}");
        assert_eq!(self.body["instance"], "request-1", "{self:?}");
        assert_eq!(self.headers["cache-control"], "no-store", "{self:?}");
        assert!(self.body["title"].is_string() && self.body["detail"].is_string(), "{self:?}");
        assert_eq!(self.headers.contains_key("www-authenticate"), self.status == 401, "{self:?}");
        assert_eq!(self.headers.contains_key("retry-after"), [429, 503].contains(&self.status), "{self:?}");
        self.body["type"].as_str().and_then(|uri| uri.strip_prefix("urn:latchkey:problem:")).unwrap_or_else(|| panic!("{self:?}"))
    }

    /// The names of the invalid fields.
    pub fn invalid_fields(&self) -> Vec<&str> {
        self.body["invalidFields"]
            .as_array()
            .map_or_else(Vec::new, |fields| fields.iter().filter_map(|field| field["field"].as_str()).collect())
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

impl Reply {
    /// The whole body with each named member replaced by its mask, after checking that it has the mask's shape.
    pub fn masked(&self, masks: &[(&str, Mask)]) -> Value {
        let mut body = self.body.clone();
        for (name, mask) in masks {
            let member = body.pointer_mut(name).unwrap_or_else(|| panic!("no {name} in {self:?}"));
            let text = member.as_str().unwrap_or_else(|| panic!("{name} is no text in {self:?}"));
            assert!(mask.fits(text), "{name} is no {mask:?} in {self:?}");
            *member = format!("[{mask:?}]").into();
        }
        body
    }
}

/// The shape of something that differs each time.
#[derive(Clone, Copy, Debug)]
pub enum Mask {
    Uuid,
    Jwt,
    SessionId,
    ApiKey,
    EntityToken,
    OneTimeToken,
    /// A path that ends in something random.
    Path(&'static str),
}

impl Mask {
    fn fits(self, text: &str) -> bool {
        let token =
            |prefix| text.strip_prefix(prefix).is_some_and(|rest: &str| rest.len() > 40 && rest.chars().all(|c| c.is_ascii_alphanumeric()));
        match self {
            Self::Uuid => uuid::Uuid::try_parse(text).is_ok(),
            Self::Jwt => text.split('.').count() == 3 && text.starts_with("eyJ"),
            Self::SessionId => text.parse::<latchkey::domain::SessionId>().is_ok(),
            Self::ApiKey => token("lkapi_"),
            Self::EntityToken => token("lkent_"),
            Self::OneTimeToken => token("lkone_"),
            Self::Path(prefix) => text.len() > prefix.len() && text.starts_with(prefix),
        }
    }
}
