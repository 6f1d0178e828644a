//! What stands before a route: a Lambda authorizer of the HTTP API.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::{Template, kebab_case};

/// A Lambda authorizer that answers as format 2.0's simple responses do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Authorizer {
    /// Its name in the API.
    pub name: String,
    /// The function's binary and folder.
    pub function: String,
    /// The headers that identify a caller, in lower case.
    pub headers: Vec<String>,
}

/// The authorizer of an `HttpApi` event, if it names one.
///
/// # Errors
/// If no API has that authorizer, or it is of a kind that the local stack does not have: it would differ unseen.
pub(super) fn of_event(template: &Template, event: &Value) -> Result<Option<Authorizer>> {
    let apis = || template.resources("AWS::Serverless::HttpApi").map(|(_, api)| api);
    ensure!(apis().all(|api| api.pointer("/Auth/DefaultAuthorizer").is_none()), "an API has a DefaultAuthorizer");
    let name = match event.pointer("/Properties/Auth/Authorizer").and_then(Value::as_str) {
        None | Some("NONE") => return Ok(None),
        Some(name) => name,
    };
    let definition = apis().find_map(|api| api.pointer("/Auth/Authorizers")?.get(name));
    let definition = definition.with_context(|| format!("no API has the authorizer {name}"))?;
    authorizer(name, definition).with_context(|| format!("authorizer {name}")).map(Some)
}

fn authorizer(name: &str, definition: &Value) -> Result<Authorizer> {
    let function = definition.pointer("/FunctionArn/Fn::GetAtt").and_then(Value::as_str).and_then(|arn| arn.strip_suffix(".Arn"));
    let function = function.context("has no FunctionArn of a function in this template")?;
    let format =
        definition.get("AuthorizerPayloadFormatVersion").map(|version| version.as_str().map_or(version.to_string(), str::to_owned));
    let simple = definition.get("EnableSimpleResponses") == Some(&Value::Bool(true));
    ensure!(format.as_deref().is_some_and(|format| format.starts_with('2')) && simple, "is not of format 2.0 with simple responses");

    let identity = definition.get("Identity").and_then(Value::as_object).context("has no Identity")?;
    if let Some(other) = identity.keys().find(|key| !["Headers", "ReauthorizeEvery"].contains(&key.as_str())) {
        bail!("has an Identity of {other}, which the local stack does not read");
    }
    let headers = identity.get("Headers").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let headers: Vec<_> = headers.map(str::to_ascii_lowercase).collect();
    ensure!(!headers.is_empty(), "has no Headers in its Identity");
    Ok(Authorizer { name: name.to_owned(), function: kebab_case(function), headers })
}

#[cfg(test)]
mod tests {
    use super::super::routes;
    use super::*;

    const TEMPLATE: &str = "
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      Auth:
        Authorizers:
          Latchkey:
            FunctionArn: !GetAtt TheAuthorizer.Arn
            AuthorizerPayloadFormatVersion: '2.0'
            EnableSimpleResponses: true
            Identity: {Headers: [Authorization], ReauthorizeEvery: 10}
  Sample:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Route: {Type: HttpApi, Properties: {Method: GET, Path: /sample, Auth: {Authorizer: Latchkey}}}
        Open: {Type: HttpApi, Properties: {Method: GET, Path: /open, Auth: {Authorizer: NONE}}}
";

    fn authorizers(text: &str) -> Result<Vec<Option<Authorizer>>> {
        Ok(routes(&Template::parse(text)?)?.into_iter().map(|route| route.authorizer).collect())
    }

    #[test]
    fn a_route_has_the_authorizer_that_its_event_names() {
        let wanted = Authorizer { name: "Latchkey".into(), function: "the-authorizer".into(), headers: vec!["authorization".into()] };

        assert_eq!(authorizers(TEMPLATE).unwrap(), [None, Some(wanted)]);
    }

    #[test]
    fn what_the_local_gateway_does_not_do_is_refused() {
        for (from, to) in [
            ("'2.0'", "'1.0'"),
            ("EnableSimpleResponses: true", "EnableSimpleResponses: false"),
            ("Headers: [Authorization]", "QueryStrings: [token]"),
            ("Headers: [Authorization]", "Headers: []"),
            ("!GetAtt TheAuthorizer.Arn", "arn:aws:lambda:eu-central-1:1:function:x"),
            ("Authorizer: Latchkey", "Authorizer: Other"),
            ("        Authorizers:", "        DefaultAuthorizer: Latchkey\n        Authorizers:"),
        ] {
            assert!(TEMPLATE.contains(from) && authorizers(&TEMPLATE.replace(from, to)).is_err(), "{to}");
        }
    }
}
