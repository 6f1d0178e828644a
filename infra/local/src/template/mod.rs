//! What `template.yaml` says about routes, functions and tables. Imports [`crate::yaml`].

mod authorizer;
mod conditions;
mod cors;
mod event_source;
mod limit;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::yaml;

pub use authorizer::Authorizer;
pub use cors::{Cors, cors};
pub use event_source::{EventSource, event_sources};
pub use limit::Limit;

/// A SAM template whose short tags are in their long forms.
#[derive(Clone, Debug)]
pub struct Template(Value);

/// A method and a path of the HTTP API, and the operation behind them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// `/entities/{entityId}/users/{userId}/authentication-token`
    pub path: String,
    /// In upper case; `ANY` is every method.
    pub method: String,
    /// The function's binary and folder: `entity-token-get` for the logical id `EntityTokenGet`.
    pub operation: String,
    /// What lets a request through before the operation sees it.
    pub authorizer: Option<Authorizer>,
    /// How many requests come through.
    pub limit: Option<Limit>,
}

/// A DynamoDB table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// `users` for the logical id `UsersTable`.
    pub stem: String,
    /// The partition key and, where there is one, the sort key.
    pub keys: Vec<Key>,
    /// The attribute after whose time a row may be swept up.
    pub ttl: Option<String>,
    /// What the records of its stream hold, if it has one: `NEW_IMAGE`.
    pub stream: Option<String>,
}

/// An attribute of a table's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The attribute's name.
    pub name: String,
    /// `HASH` or `RANGE`.
    pub role: String,
    /// `S`, `N` or `B`.
    pub kind: String,
}

impl Template {
    /// The template in the file `path`.
    ///
    /// # Errors
    /// If the file can't be read or is not YAML.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))?;
        Self::parse(&text).with_context(|| path.display().to_string())
    }

    /// The template in `text`.
    ///
    /// # Errors
    /// If `text` is not YAML.
    pub fn parse(text: &str) -> Result<Self> {
        Ok(Self(yaml::parse(text)?))
    }

    /// Logical id and properties of each resource of the type `kind`, in the order of their ids.
    fn resources<'t>(&'t self, kind: &'t str) -> impl Iterator<Item = (&'t str, &'t Value)> {
        let resources = self.0.get("Resources").and_then(Value::as_object).into_iter().flatten();
        resources.filter(move |(_, resource)| resource.get("Type").is_some_and(|of| of == kind)).map(|(id, resource)| {
            let properties = resource.get("Properties").unwrap_or(&Value::Null);
            (id.as_str(), properties)
        })
    }
}

/// The binary of every function, those without a route too; see [`Template::with`] for those under a condition.
#[must_use]
pub fn functions(template: &Template) -> BTreeSet<String> {
    template.resources("AWS::Serverless::Function").map(|(id, _)| kebab_case(id)).collect()
}

/// How long each function may take for an event: its own `Timeout`, or that of `Globals`, or Lambda's default of three seconds.
#[must_use]
pub fn timeouts(template: &Template) -> BTreeMap<String, Duration> {
    let timeout = |function: Option<&Value>| function.and_then(|function| function.get("Timeout")).and_then(Value::as_u64);
    let globals = timeout(template.0.pointer("/Globals/Function")).unwrap_or(3);
    let functions = template.resources("AWS::Serverless::Function");
    functions.map(|(id, function)| (kebab_case(id), Duration::from_secs(timeout(Some(function)).unwrap_or(globals)))).collect()
}

/// Every route of every function, sorted.
///
/// # Errors
/// If an `HttpApi` event lacks its path or method, or has an authorizer or a limit that the local stack can't read.
pub fn routes(template: &Template) -> Result<Vec<Route>> {
    let mut routes = Vec::new();
    for (id, function) in template.resources("AWS::Serverless::Function") {
        let events = function.get("Events").and_then(Value::as_object).into_iter().flatten();
        for (name, event) in events.filter(|(_, event)| event.get("Type").is_some_and(|of| of == "HttpApi")) {
            let text = |property: &str| event.pointer(&format!("/Properties/{property}")).and_then(Value::as_str);
            let (Some(path), Some(method)) = (text("Path"), text("Method")) else {
                bail!("the event {name} of {id} has no Path or no Method");
            };
            let authorizer = authorizer::of_event(template, event).with_context(|| format!("the event {name} of {id}"))?;
            let (path, method) = (path.to_owned(), method.to_ascii_uppercase());
            let limit = limit::of_event(template, event, &method, &path)?;
            routes.push(Route { path, method, operation: kebab_case(id), authorizer, limit });
        }
    }
    routes.sort();
    Ok(routes)
}

/// Every table, in the order of the logical ids.
///
/// # Errors
/// If a key's type is missing, or a table has a secondary index: the design has none, and a local one would differ unseen.
pub fn tables(template: &Template) -> Result<Vec<Table>> {
    template.resources("AWS::DynamoDB::Table").map(|(id, properties)| table(id, properties).with_context(|| id.to_owned())).collect()
}

/// What each operation's role allows: the action, and the name of the table in this stack, or the logical id of what else it is
/// allowed on.
#[must_use]
pub fn rights(template: &Template) -> BTreeMap<String, BTreeSet<(String, String)>> {
    let mut rights = BTreeMap::new();
    let roles: BTreeMap<_, _> = template.resources("AWS::IAM::Role").collect();
    for (id, function) in template.resources("AWS::Serverless::Function") {
        let role = function.pointer("/Role/Fn::GetAtt").and_then(Value::as_str).and_then(|text| text.strip_suffix(".Arn"));
        let policies = role.and_then(|role| roles.get(role)?.get("Policies")?.as_array()).into_iter().flatten();
        let statements = policies.filter_map(|policy| policy.pointer("/PolicyDocument/Statement")?.as_array()).flatten();
        let mut allowed = BTreeSet::new();
        for statement in statements {
            let actions = one_or_more(statement.get("Action")).filter_map(Value::as_str);
            let resources: Vec<_> = one_or_more(statement.get("Resource")).map(resource_name).collect();
            for action in actions {
                allowed.extend(resources.iter().map(|resource| (action.to_owned(), resource.clone())));
            }
        }
        rights.insert(kebab_case(id), allowed);
    }
    rights
}

/// The variables that the template gives each operation.
#[must_use]
pub fn variables(template: &Template) -> BTreeMap<String, BTreeSet<String>> {
    let names = |value: Option<&Value>| {
        let variables = value.and_then(|value| value.pointer("/Environment/Variables")).and_then(Value::as_object);
        variables.into_iter().flatten().map(|(name, _)| name.clone()).collect::<BTreeSet<_>>()
    };
    let globals = names(template.0.pointer("/Globals/Function"));
    let functions = template.resources("AWS::Serverless::Function");
    functions.map(|(id, function)| (kebab_case(id), names(Some(function)).union(&globals).cloned().collect())).collect()
}

fn one_or_more(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.into_iter().flat_map(|value| value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice))
}

/// `latchkey-users` for a reference to `UsersTable`; the logical id for any other.
fn resource_name(reference: &Value) -> String {
    let id = reference.get("Fn::GetAtt").or(reference.get("Ref")).and_then(Value::as_str).and_then(|text| text.split('.').next());
    match id.map(|id| (id, id.strip_suffix("Table"))) {
        Some((_, Some(stem))) => format!("latchkey-{}", kebab_case(stem)),
        Some((id, None)) => id.to_owned(),
        None => reference.as_str().map_or_else(|| reference.to_string(), str::to_owned),
    }
}

fn table(id: &str, properties: &Value) -> Result<Table> {
    if properties.get("GlobalSecondaryIndexes").or(properties.get("LocalSecondaryIndexes")).is_some() {
        bail!("has a secondary index, which the local stack does not make");
    }
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let list = |name: &str| properties.get(name).and_then(Value::as_array).with_context(|| format!("has no {name}"));
    let definitions = list("AttributeDefinitions")?;

    let mut keys = Vec::new();
    for element in list("KeySchema")? {
        let (Some(name), Some(role)) = (text(element, "AttributeName"), text(element, "KeyType")) else {
            bail!("has a malformed KeySchema");
        };
        let definition = definitions.iter().find(|definition| text(definition, "AttributeName").as_ref() == Some(&name));
        let kind =
            definition.and_then(|definition| text(definition, "AttributeType")).with_context(|| format!("has no type for {name}"))?;
        keys.push(Key { name, role, kind });
    }

    let ttl = properties.get("TimeToLiveSpecification").and_then(|ttl| text(ttl, "AttributeName"));
    let stream = properties.get("StreamSpecification").and_then(|stream| text(stream, "StreamViewType"));
    let stem = kebab_case(id.strip_suffix("Table").unwrap_or(id));
    Ok(Table { stem, keys, ttl, stream })
}

/// `EntityTokenGet` as `entity-token-get`.
fn kebab_case(id: &str) -> String {
    let mut name = String::with_capacity(id.len() + 4);
    for letter in id.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "
Resources:
  Api: {Type: AWS::Serverless::HttpApi}
  UserLogin:
    Type: AWS::Serverless::Function
    Properties:
      Environment: {Variables: {USERS_TABLE: !Ref UsersTable}}
      Events:
        Route: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: post, Path: /user/login}}
        Nightly: {Type: Schedule, Properties: {Schedule: rate(1 day)}}
      Role: !GetAtt UserLoginRole.Arn
  UserLoginRole:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyName: operation
          PolicyDocument:
            Statement:
              - {Effect: Allow, Action: [dynamodb:GetItem, dynamodb:UpdateItem], Resource: !GetAtt UsersTable.Arn}
              - {Effect: Allow, Action: 'logs:PutLogEvents', Resource: [!Ref UserLoginLogs]}
  Authorizer: {Type: AWS::Serverless::Function}
  EntityTokenGet:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Route: {Type: HttpApi, Properties: {Method: GET, Path: '/entities/{entityId}'}}
  TokensTable:
    Type: AWS::DynamoDB::Table
    Properties:
      DeletionProtectionEnabled: !If [Protected, true, false]
      AttributeDefinitions: [{AttributeName: sk, AttributeType: N}, {AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}, {AttributeName: sk, KeyType: RANGE}]
      StreamSpecification: {StreamViewType: NEW_IMAGE}
      TimeToLiveSpecification: {AttributeName: expires_at, Enabled: true}
";

    #[test]
    fn routes_are_the_http_api_events_of_functions() {
        let routes = routes(&Template::parse(TEMPLATE).unwrap()).unwrap();

        let route = |path: &str, method: &str, operation: &str| Route {
            path: path.into(),
            method: method.into(),
            operation: operation.into(),
            authorizer: None,
            limit: None,
        };
        assert_eq!(routes, [route("/entities/{entityId}", "GET", "entity-token-get"), route("/user/login", "POST", "user-login")]);
    }

    #[test]
    fn a_function_needs_no_route() {
        let functions = functions(&Template::parse(TEMPLATE).unwrap());

        assert_eq!(functions.into_iter().collect::<Vec<_>>(), ["authorizer", "entity-token-get", "user-login"]);
    }

    #[test]
    fn a_function_has_its_own_timeout_or_that_of_all() {
        let text = format!("Globals: {{Function: {{Timeout: 10}}}}\n{TEMPLATE}");
        let text = text.replace(
            "  Authorizer: {Type: AWS::Serverless::Function}",
            "  Authorizer: {Type: AWS::Serverless::Function, Properties: {Timeout: 60}}",
        );

        let timeouts = timeouts(&Template::parse(&text).unwrap());

        let seconds = |name: &str, seconds| (name.to_owned(), Duration::from_secs(seconds));
        assert_eq!(timeouts, [seconds("authorizer", 60), seconds("entity-token-get", 10), seconds("user-login", 10)].into());
    }

    #[test]
    fn an_operation_has_the_rights_of_its_role() {
        let rights = rights(&Template::parse(TEMPLATE).unwrap());

        let right = |action: &str, resource: &str| (action.to_owned(), resource.to_owned());
        let of_login = [
            right("dynamodb:GetItem", "latchkey-users"),
            right("dynamodb:UpdateItem", "latchkey-users"),
            right("logs:PutLogEvents", "UserLoginLogs"),
        ];
        assert_eq!(rights["user-login"], of_login.into());
        assert!(rights["authorizer"].is_empty());
    }

    #[test]
    fn a_table_has_its_keys_in_order_with_their_types() {
        let tables = tables(&Template::parse(TEMPLATE).unwrap()).unwrap();

        let key = |name: &str, role: &str, kind: &str| Key { name: name.into(), role: role.into(), kind: kind.into() };
        let keys = vec![key("pk", "HASH", "S"), key("sk", "RANGE", "N")];
        let stream = Some("NEW_IMAGE".into());
        assert_eq!(tables, [Table { stem: "tokens".into(), keys, ttl: Some("expires_at".into()), stream }]);
    }

    #[test]
    fn a_secondary_index_is_refused() {
        let text = TEMPLATE.replace("      KeySchema", "      GlobalSecondaryIndexes: []\n      KeySchema");

        assert!(tables(&Template::parse(&text).unwrap()).is_err());
    }

    #[test]
    fn an_event_without_a_path_is_refused() {
        let text = TEMPLATE.replace(", Path: /user/login", "");

        assert!(routes(&Template::parse(&text).unwrap()).is_err());
    }
}
