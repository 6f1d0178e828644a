//! Assembles `template.yaml` from what each operation's folder says about itself.
//!
//! `infra/template/template.yaml` is a Jinja template that includes the other files beside it. It sees one list, `functions`:
//! for each folder under `functions/` the fields of its `function.yaml`, its name, its comment and its routes in
//! `infra/openapi.yaml`, in the order of the contract. Tables and numbers in README.md and docs/ are assembled in the same way
//! ([`document`]), and docs/llms.txt and docs/llms-full.txt are made of the pages ([`llms`]).
//!
//! Nothing here knows what the fields mean: `infra/template/fields.yaml` lists them, and the templates use them.

mod contract;
mod document;
mod functions;
mod llms;
mod render;
mod yaml;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use minijinja::{Value, context};

use render::Renderer;

/// The shifts of CodeDeploy that end within a deploy.
const ROLLOUTS: [&str; 8] = [
    "Canary10Percent5Minutes",
    "Canary10Percent10Minutes",
    "Canary10Percent15Minutes",
    "Canary10Percent30Minutes",
    "Linear10PercentEvery1Minute",
    "Linear10PercentEvery2Minutes",
    "Linear10PercentEvery3Minutes",
    "Linear10PercentEvery10Minutes",
];

/// A file that is assembled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assembled {
    /// Where it stands, from the project's root.
    pub path: String,
    /// What it has to hold.
    pub text: String,
}

/// Every assembled file of the project in `root`: `template.yaml`, the documents that have an assembled part, and the docs for
/// language models.
///
/// # Errors
/// If a source is missing, malformed or contradicts another one. The error names the source.
pub fn assemble(root: &Path) -> Result<Vec<Assembled>> {
    let functions = functions::all(root)?;
    let renderer = Renderer::new(root)?;
    let template = renderer.file("template.yaml", &context! { functions => functions.clone(), rollout => Value::from(()) })?;

    yaml::check(&template).context("template.yaml")?;

    let context = context! { functions, template => template.clone() };
    let mut assembled = vec![Assembled { path: "template.yaml".to_owned(), text: template }];
    let mut pages = BTreeMap::new();
    for path in document::paths(root)? {
        let before = read(root, &path)?;
        let text = document::assemble(&before, |source| renderer.text(source, &context)).with_context(|| path.clone())?;
        if before.contains(document::BEGIN) {
            assembled.push(Assembled { path: path.clone(), text: text.clone() });
        }
        pages.insert(path, text);
    }
    let page = |path: &str| pages.get(path).map_or_else(|| read(root, path), |text| Ok(text.clone()));
    let index = page(llms::INDEX)?;
    let full = llms::full(&index, page)?;
    assembled
        .extend([("docs/llms.txt", index), ("docs/llms-full.txt", full)].map(|(path, text)| Assembled { path: path.to_owned(), text }));
    Ok(assembled)
}

/// The template that shifts the traffic gradually: with an alias for each function, which CodeDeploy moves as `deployment` says.
/// A `release` that was not deployed before makes every function a new version.
///
/// # Errors
/// As [`assemble`], and if CodeDeploy has no such `deployment`.
pub fn rollout(root: &Path, deployment: &str, release: &str) -> Result<String> {
    ensure!(ROLLOUTS.contains(&deployment), "{deployment} is no rollout. There are {}", ROLLOUTS.join(", "));
    let functions = functions::all(root)?;
    Renderer::new(root)?.file("template.yaml", &context! { functions, rollout => context! { deployment, release } })
}

fn read(root: &Path, path: &str) -> Result<String> {
    fs::read_to_string(root.join(path)).with_context(|| format!("{path} can't be read"))
}
