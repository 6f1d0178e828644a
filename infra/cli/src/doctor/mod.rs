//! `latchkey doctor`: finds out what is wrong with a stack, and says what to do.

mod clock;
mod keys;
mod tables;
mod users;

use serde::Serialize;
use serde_json::json;

use crate::Failure;
use crate::connection::Connection;

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    /// As it should be.
    Good,
    /// Works, but should be looked at.
    Warning,
    /// Wrong.
    Wrong,
}

/// What a check found, and what to do about it.
#[derive(Clone, Debug, Serialize)]
struct Finding {
    check: String,
    state: State,
    finding: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

impl Finding {
    fn good(check: impl Into<String>, finding: impl Into<String>) -> Self {
        Self { check: check.into(), state: State::Good, finding: finding.into(), advice: None }
    }

    fn warning(check: impl Into<String>, finding: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { state: State::Warning, advice: Some(advice.into()), ..Self::good(check, finding) }
    }

    fn wrong(check: impl Into<String>, finding: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { state: State::Wrong, advice: Some(advice.into()), ..Self::good(check, finding) }
    }
}

pub async fn run(connection: &Connection) -> Result<(), Failure> {
    let (tables, keys, clock) = futures_util::join!(tables::check(connection), keys::check(connection), clock::check(connection));
    let findings: Vec<Finding> = [tables, users::check(connection).await, keys, clock].concat();
    let wrong = findings.iter().filter(|finding| finding.state == State::Wrong).count();
    if connection.output.json {
        connection.output.answer("", &json!({ "healthy": wrong == 0, "findings": findings }))?;
    } else {
        let cells = |finding: &Finding| {
            let mark = match finding.state {
                State::Good => "good",
                State::Warning => "look",
                State::Wrong => "WRONG",
            };
            vec![mark.to_owned(), finding.check.clone(), finding.finding.clone()]
        };
        connection.output.list(&["state", "check", "finding"], &findings, cells, "")?;
        let advice: Vec<_> =
            findings.iter().filter_map(|finding| Some(format!("{}: {}", finding.check, finding.advice.as_ref()?))).collect();
        if !advice.is_empty() {
            connection.output.terminal.say(&format!("\nWhat to do:\n{}", advice.join("\n")));
        }
    }
    match wrong {
        0 => Ok(()),
        1 => Err(Failure::Unhealthy("One check found something wrong.".into())),
        wrong => Err(Failure::Unhealthy(format!("{wrong} checks found something wrong."))),
    }
}
