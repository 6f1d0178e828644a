//! Requests written down for an editor, as the REST Client of Visual Studio Code reads them: docs/tour.http.

use std::collections::BTreeMap;

/// What a file says.
#[derive(Debug, Default)]
pub struct HttpFile {
    /// `@name = value`, before the first request.
    pub variables: BTreeMap<String, String>,
    pub requests: Vec<Request>,
}

/// A request. Its texts can hold `{{…}}`.
#[derive(Debug, Default)]
pub struct Request {
    /// What stands behind `###`.
    pub title: String,
    /// `# @name`: what later requests call its answer.
    pub name: Option<String>,
    /// `# @prompt`: the variable that the editor asks for.
    pub prompt: Option<String>,
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// Reads `text`.
///
/// # Errors
/// If the format allows something else in a line's place. The error holds the line.
pub fn parse(text: &str) -> Result<HttpFile, String> {
    let mut sections = text.split("\n### ");
    let variables = sections.next().unwrap_or_default().lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let variables = variables.map(|line| {
        let (name, value) = line.strip_prefix('@').and_then(|line| line.split_once(" = ")).ok_or_else(|| line.to_owned())?;
        Ok::<_, String>((name.to_owned(), value.to_owned()))
    });
    Ok(HttpFile { variables: variables.collect::<Result<_, _>>()?, requests: sections.map(request).collect::<Result<_, _>>()? })
}

fn request(section: &str) -> Result<Request, String> {
    let (head, body) = section.trim_end().split_once("\n\n").unwrap_or((section.trim_end(), ""));
    let mut lines = head.lines();
    let mut request = Request { title: lines.next().unwrap_or_default().to_owned(), body: body.to_owned(), ..Request::default() };
    for line in lines {
        if let Some(name) = line.strip_prefix("# @name ") {
            request.name = Some(name.to_owned());
        } else if let Some(prompt) = line.strip_prefix("# @prompt ") {
            request.prompt = prompt.split(' ').next().map(str::to_owned);
        } else if request.method.is_empty() {
            let (method, url) = line.split_once(' ').ok_or(line)?;
            (request.method, request.url) = (method.to_owned(), url.to_owned());
        } else {
            let (name, value) = line.split_once(": ").ok_or(line)?;
            request.headers.push((name.to_owned(), value.to_owned()));
        }
    }
    let known = ["GET", "POST", "PATCH", "PUT", "DELETE"].contains(&request.method.as_str());
    if known { Ok(request) } else { Err(format!("{:?} has no method", request.title)) }
}

/// `text` with each `{{name}}` replaced by what `value` says.
///
/// # Errors
/// With the name that `value` does not know, or what has no end.
pub fn filled(text: &str, value: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut parts = text.split("{{");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").ok_or(part)?;
        filled.push_str(&value(name).ok_or(name)?);
        filled.push_str(rest);
    }
    Ok(filled)
}
