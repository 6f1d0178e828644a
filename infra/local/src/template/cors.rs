//! Which pages may call the HTTP API, and how.

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::Template;

/// What a browser is told of the API, but for who may call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cors {
    /// The methods that a page may use.
    pub methods: String,
    /// The headers that it may send.
    pub headers: String,
    /// The headers that it may read.
    pub exposed: String,
    /// For how many seconds a browser may keep this.
    pub max_age: u64,
}

/// What the template's API says to browsers, where it lets any in.
///
/// # Errors
/// If it has no `CorsConfiguration`, or one without a list that this needs.
pub fn cors(template: &Template) -> Result<Cors> {
    let api = template.resources("AWS::Serverless::HttpApi").find_map(|(_, api)| api.get("CorsConfiguration"));
    let configuration = api.context("no API has a CorsConfiguration")?;
    // `!If [BrowsersMayCall, this, nothing]`: the local stack has a list of its own.
    let configuration = configuration.pointer("/Fn::If/1").unwrap_or(configuration);
    let list = |name: &str| {
        let values = configuration.get(name).and_then(Value::as_array).with_context(|| format!("CorsConfiguration has no {name}"))?;
        let texts: Vec<_> = values.iter().filter_map(Value::as_str).collect();
        if texts.len() != values.len() {
            bail!("{name} has what is no text");
        }
        Ok(texts.join(","))
    };
    let max_age = configuration.get("MaxAge").and_then(Value::as_u64).context("CorsConfiguration has no MaxAge")?;
    Ok(Cors { methods: list("AllowMethods")?, headers: list("AllowHeaders")?, exposed: list("ExposeHeaders")?, max_age })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      CorsConfiguration: !If
        - BrowsersMayCall
        - {AllowOrigins: !Split [',', !Ref CorsOrigins], AllowMethods: [GET, POST], AllowHeaders: [a, b], ExposeHeaders: [link], MaxAge: 600}
        - !Ref AWS::NoValue
";

    #[test]
    fn a_browser_is_told_what_the_template_says() {
        let found = cors(&Template::parse(TEMPLATE).unwrap()).unwrap();

        assert_eq!(found, Cors { methods: "GET,POST".into(), headers: "a,b".into(), exposed: "link".into(), max_age: 600 });
    }

    #[test]
    fn an_api_that_says_nothing_of_browsers_is_refused() {
        assert!(cors(&Template::parse(&TEMPLATE.replace("CorsConfiguration", "Other")).unwrap()).is_err());
    }
}
