//! What the project's own files say: the contract, the functions' folders, the template. Imports [`crate::inputs`].

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use rust_decimal::Decimal;
use saphyr::{LoadableYamlNode, YamlOwned};

use crate::inputs::read;

/// The facts.
#[derive(Debug)]
pub struct Facts {
    /// The operations of the contract in its order, then the functions that no route leads to.
    pub operations: Vec<Function>,
    /// How many secrets the template makes.
    pub secrets: usize,
    /// How many metrics its alarms look at.
    pub alarm_metrics: usize,
    /// How many dashboards it makes.
    pub dashboards: usize,
    /// Whether Lambda writes its lines about each call.
    pub platform_lines: bool,
    /// Whether the gateway writes a line for each request, by default.
    pub access_lines: bool,
}

/// The function of an operation.
#[derive(Debug)]
pub struct Function {
    pub name: String,
    /// Whether a request comes through our gateway. The authorizer is invoked by others', the mailer by a stream, the eraser by a schedule.
    pub gateway: bool,
    pub memory_mb: Decimal,
    /// Requests a second that its route admits.
    pub throttle: u64,
}

impl Facts {
    /// The facts of the project in `root`.
    pub fn read(root: &Path) -> Result<Self> {
        let text = read(root, "template.yaml")?;
        let template = yaml(&text).context("template.yaml")?;
        let routed = contract(root)?;
        let mut operations = routed.iter().map(|name| function(root, &template, name, true)).collect::<Result<Vec<_>>>()?;
        for name in ["authorizer", "mailer", "eraser"] {
            operations.push(function(root, &template, name, false)?);
        }
        let count = |what: &str| text.matches(what).count();
        Ok(Self {
            operations,
            secrets: count("Type: AWS::SecretsManager::Secret\n"),
            alarm_metrics: count("MetricName:"),
            dashboards: count("Type: AWS::CloudWatch::Dashboard\n"),
            platform_lines: text.contains("SystemLogLevel: INFO"),
            access_lines: text.contains("  AccessLog:\n    Type: String\n    Default: \"true\"\n"),
        })
    }

    /// The function of this operation.
    pub fn function(&self, operation: &str) -> Result<&Function> {
        self.operations.iter().find(|function| function.name == operation).with_context(|| format!("there is no operation {operation}"))
    }
}

/// The operations of the contract. The sample is left out: it stands in for the API of somebody else.
fn contract(root: &Path) -> Result<Vec<String>> {
    let path = "infra/openapi.yaml";
    let contract = yaml(&read(root, path)?).context(path)?;
    let mut names = BTreeMap::new();
    let paths = contract.as_mapping_get("paths").and_then(YamlOwned::as_mapping).context("the contract has no paths")?;
    for operation in paths.values().filter_map(YamlOwned::as_mapping).flat_map(|methods| methods.values()) {
        let name = ["x-operation", "operationId"].iter().find_map(|field| operation.as_mapping_get(field)?.as_str());
        if let Some(name) = name {
            let place = names.len();
            names.entry(name.to_owned()).or_insert(place);
        }
    }
    let mut names: Vec<_> = names.into_iter().filter(|(name, _)| name != "authorizer-sample").collect();
    names.sort_by_key(|(_, place)| *place);
    Ok(names.into_iter().map(|(name, _)| name).collect())
}

fn function(root: &Path, template: &YamlOwned, name: &str, gateway: bool) -> Result<Function> {
    let path = format!("functions/{name}/function.yaml");
    let fields = yaml(&read(root, &path)?).with_context(|| path.clone())?;
    let field = |field: &str| fields.as_mapping_get(field).and_then(YamlOwned::as_str);
    let default = |parameter: &str| {
        let parameters = template.as_mapping_get("Parameters");
        let value = parameters.and_then(|all| all.as_mapping_get(parameter)?.as_mapping_get("Default")?.as_integer());
        value.and_then(|value| u64::try_from(value).ok()).with_context(|| format!("the template has no number {parameter}"))
    };
    let throttle = match field("throttle") {
        Some(prefix) => default(&format!("{prefix}RateLimit"))?,
        None => default("ApiRateLimit")?,
    };
    Ok(Function { name: name.to_owned(), gateway, memory_mb: default(field("memory").unwrap_or("MemorySize"))?.into(), throttle })
}

fn yaml(text: &str) -> Result<YamlOwned> {
    let mut documents = YamlOwned::load_from_str(text).context("is not YAML")?.into_iter();
    match (documents.next(), documents.next()) {
        (Some(document), None) => Ok(document),
        _ => bail!("is not one YAML document"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_says_what_a_function_gets() {
        let facts = Facts::read(Path::new("../..")).unwrap();

        let login = facts.function("user-login").unwrap();
        assert_eq!((login.memory_mb, login.throttle, login.gateway), (1769.into(), 250, true));
        let authorizer = facts.function("authorizer").unwrap();
        assert_eq!((authorizer.memory_mb, authorizer.throttle, authorizer.gateway), (512.into(), 300, false));
        assert!(facts.function("authorizer-sample").is_err() && facts.function("keys").is_err());
        assert!(facts.secrets > 0 && facts.alarm_metrics > 50 && facts.dashboards == 1);
        assert_eq!(facts.operations.first().unwrap().name, "user-login");
    }
}
