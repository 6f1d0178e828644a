//! How many requests the HTTP API lets through to a route.

use anyhow::{Context, Result};
use serde_json::Value;

use super::Template;

/// The throttle of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Limit {
    /// Requests a second, on average.
    pub rate: u32,
    /// Requests at once.
    pub burst: u32,
}

/// The throttle that the API of an `HttpApi` event sets to the route `method path`: its own, or that of all routes. `None` if
/// the API sets none.
///
/// # Errors
/// If it is no number and no parameter with a default.
pub(super) fn of_event(template: &Template, event: &Value, method: &str, path: &str) -> Result<Option<Limit>> {
    let api = event.pointer("/Properties/ApiId/Ref").and_then(Value::as_str);
    let api = template.resources("AWS::Serverless::HttpApi").find(|(id, _)| Some(*id) == api).map(|(_, api)| api);
    let settings = |api: &'_ Value| {
        let own = api.get("RouteSettings").and_then(|routes| routes.get(format!("{method} {path}")));
        // Those of a route that is not always deployed: `!If [condition, settings, !Ref AWS::NoValue]`.
        let own = own.map(|own| own.pointer("/Fn::If/1").unwrap_or(own));
        own.or(api.get("DefaultRouteSettings")).cloned()
    };
    let Some(settings) = api.and_then(settings) else { return Ok(None) };
    let number = |name: &str| {
        let value = settings.get(name).with_context(|| format!("{method} {path} has no {name}"))?;
        let value = match value.get("Ref").and_then(Value::as_str) {
            Some(parameter) => template.0.pointer(&format!("/Parameters/{parameter}/Default")),
            None => Some(value),
        };
        value.and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok()).with_context(|| format!("{name} is no number"))
    };
    Ok(Some(Limit { rate: number("ThrottlingRateLimit")?, burst: number("ThrottlingBurstLimit")? }))
}

#[cfg(test)]
mod tests {
    use super::super::routes;
    use super::*;

    const TEMPLATE: &str = "
Parameters:
  ApiRateLimit: {Type: Number, Default: 200}
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      DefaultRouteSettings: {ThrottlingRateLimit: !Ref ApiRateLimit, ThrottlingBurstLimit: 500}
      RouteSettings:
        POST /user/login: {ThrottlingRateLimit: 50, ThrottlingBurstLimit: 60}
  Other: {Type: AWS::Serverless::HttpApi, Properties: {Name: other}}
  UserLogin:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        One: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: post, Path: /user/login}}
        Two: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: GET, Path: /user/login}}
        Three: {Type: HttpApi, Properties: {ApiId: !Ref Other, Method: GET, Path: /other}}
";

    #[test]
    fn a_route_has_its_own_limit_or_that_of_all_routes() {
        let routes = routes(&Template::parse(TEMPLATE).unwrap()).unwrap();

        let limits: Vec<_> = routes.iter().map(|route| (route.method.as_str(), route.path.as_str(), route.limit)).collect();
        let limit = |rate, burst| Some(Limit { rate, burst });
        assert_eq!(limits, [("GET", "/other", None), ("GET", "/user/login", limit(200, 500)), ("POST", "/user/login", limit(50, 60))]);
    }

    #[test]
    fn a_limit_without_a_value_is_refused() {
        let text = TEMPLATE.replace(", Default: 200", "");

        assert!(routes(&Template::parse(&text).unwrap()).is_err());
    }
}
