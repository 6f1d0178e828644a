//! The routes of `infra/openapi.yaml`. Imports [`crate::yaml`].

use std::path::Path;

use anyhow::{Context, Result};
use minijinja::{Value, context};

use crate::{read, yaml};

const PATH: &str = "infra/openapi.yaml";

/// What OpenAPI allows beside `parameters`, `summary` and the like in a path.
const METHODS: [&str; 5] = ["delete", "get", "patch", "post", "put"];

/// A method and a path of the contract.
#[derive(Debug)]
pub struct Route {
    /// The folder of its function: its `x-operation`, or else its `operationId`.
    pub operation: String,
    id: String,
    method: String,
    path: String,
}

impl Route {
    /// The route as the templates see it.
    pub fn to_value(&self) -> Value {
        let Self { id, method, path, .. } = self;
        context! { id, method, path }
    }
}

/// Every route, in the order of the file.
pub fn routes(root: &Path) -> Result<Vec<Route>> {
    parse(&read(root, PATH)?).context(PATH)
}

fn parse(text: &str) -> Result<Vec<Route>> {
    let contract = yaml::parse(text)?;
    let mut routes = Vec::new();
    for (path, item) in entries(&contract.get_attr("paths")?)? {
        for (method, operation) in entries(&item)?.into_iter().filter(|(method, _)| METHODS.contains(&method.as_str())) {
            let text = |name: &str| operation.get_attr(name).ok().and_then(|value| value.as_str().map(str::to_owned));
            let id = text("operationId").with_context(|| format!("{method} {path} has no operationId"))?;
            let operation = text("x-operation").unwrap_or_else(|| id.clone());
            routes.push(Route { operation, id, method: method.to_uppercase(), path: path.clone() });
        }
    }
    Ok(routes)
}

fn entries(map: &Value) -> Result<Vec<(String, Value)>> {
    map.try_iter()?.map(|key| Ok((key.to_string(), map.get_item(&key)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_come_in_the_order_of_the_file_and_a_second_one_names_its_operation() {
        let text = "
paths:
  /logout:
    summary: Log out
    post: {operationId: logout}
    get: {operationId: logout-get, x-operation: logout}
  /add:
    parameters: []
    post: {operationId: add}
";

        let routes: Vec<_> = parse(text).unwrap().into_iter().map(|of| (of.operation, of.id, of.method, of.path)).collect();

        let wanted = [("logout", "logout", "POST", "/logout"), ("logout", "logout-get", "GET", "/logout"), ("add", "add", "POST", "/add")];
        assert_eq!(routes, wanted.map(|(a, b, c, d)| (a.to_owned(), b.to_owned(), c.to_owned(), d.to_owned())));
    }

    #[test]
    fn an_operation_without_an_id_is_refused() {
        assert!(parse("paths: {/ping: {get: {summary: Ping}}}").unwrap_err().to_string().contains("get /ping"));
    }
}
