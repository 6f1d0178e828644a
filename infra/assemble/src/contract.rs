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
    let contract = yaml::parse(&read(root, PATH)?).context(PATH)?;
    let mut routes = Vec::new();
    for (path, item) in entries(&contract.get_attr("paths")?)? {
        for (method, operation) in entries(&item)?.into_iter().filter(|(method, _)| METHODS.contains(&method.as_str())) {
            let text = |name: &str| operation.get_attr(name).ok().and_then(|value| value.as_str().map(str::to_owned));
            let id = text("operationId").with_context(|| format!("{PATH}: {method} {path} has no operationId"))?;
            let operation = text("x-operation").unwrap_or_else(|| id.clone());
            routes.push(Route { operation, id, method: method.to_uppercase(), path: path.clone() });
        }
    }
    Ok(routes)
}

fn entries(map: &Value) -> Result<Vec<(String, Value)>> {
    map.try_iter()?.map(|key| Ok((key.to_string(), map.get_item(&key)?))).collect()
}
