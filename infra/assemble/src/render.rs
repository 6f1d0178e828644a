//! The template engine, set up for YAML and Markdown. Imports nothing of ours.

use std::error::Error;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use heck::{ToLowerCamelCase, ToUpperCamelCase};
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, path_loader};

/// Renders templates that may include the files in `infra/template`.
///
/// A line that holds nothing but a tag leaves no line behind, and a name that nothing defines is an error. Two filters are
/// added: `pascal` turns `user-login` and `USER_LOGIN` into `UserLogin`, `camel` into `userLogin`.
pub struct Renderer(Environment<'static>);

impl Renderer {
    pub fn new(root: &Path) -> Result<Self> {
        let mut engine = Environment::new();
        engine.set_loader(path_loader(root.join("infra/template")));
        engine.set_auto_escape_callback(|_| AutoEscape::None);
        engine.set_undefined_behavior(UndefinedBehavior::Strict);
        engine.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()?);
        engine.add_filter("pascal", |name: &str| name.to_upper_camel_case());
        engine.add_filter("camel", |name: &str| name.to_lower_camel_case());
        Ok(Self(engine))
    }

    /// The file `name` of `infra/template`, rendered.
    pub fn file(&self, name: &str, context: &Value) -> Result<String> {
        let render = || self.0.get_template(name)?.render(context);
        render().map_err(described).with_context(|| format!("infra/template/{name} can't be rendered"))
    }

    /// `source` itself, rendered.
    pub fn text(&self, source: &str, context: &Value) -> Result<String> {
        self.0.render_str(source, context).map_err(described).with_context(|| format!("{source} can't be rendered"))
    }
}

/// The error where it happened, which is in the innermost include.
fn described(error: minijinja::Error) -> anyhow::Error {
    let mut cause = &error;
    while let Some(inner) = cause.source().and_then(|source| source.downcast_ref()) {
        cause = inner;
    }
    anyhow!("{cause}")
}
