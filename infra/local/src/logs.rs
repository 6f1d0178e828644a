//! What the functions log: for a machine as it is, for a person what went wrong, and why. Imports [`crate::console`].

use serde_json::{Value, json};

use crate::console::Console;

/// Reports `text`, a line that `function` wrote. Most of a log repeats what the line of the request says, so a person is not shown it.
pub fn report(console: Console, function: &str, text: &str) {
    let entry = serde_json::from_str(text).ok().filter(Value::is_object);
    let line = match &entry {
        Some(entry) => sentence(function, entry),
        None => Some(format!("  {function}: {text}")),
    };
    if console.json || line.is_some() {
        let document = || entry.unwrap_or_else(|| json!({ "operation": function, "message": text }));
        console.report("log", &line.unwrap_or_default(), document);
    }
}

/// What a person wants to know of an entry: a warning or an error with its cause, and what the caller is not told of a refusal.
fn sentence(function: &str, entry: &Value) -> Option<String> {
    let text = |name: &str| entry.get(name)?.as_str();
    let (what, why) = match (text("level")?, text("event"), text("code")) {
        ("ERROR" | "WARN", _, _) => (text("message")?, text("error")),
        (_, Some(event), _) => (event, Some(text("reason")?)),
        (_, _, Some(code)) => (code, Some(entry.pointer("/span/reason")?.as_str()?)),
        _ => return None,
    };
    let mail = text("mail").map(|kind| format!(" ({kind})")).unwrap_or_default();
    let why = why.map(|why| format!(": {why}")).unwrap_or_default();
    Some(format!("  {function}: {what}{mail}{why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_told_of_failures_and_of_reasons() {
        let sentence = |entry: Value| sentence("user-login", &entry);

        let failed = json!({ "level": "ERROR", "message": "failed", "error": "the table did not answer: timed out" });
        assert_eq!(sentence(failed).unwrap(), "  user-login: failed: the table did not answer: timed out");
        let warned = json!({ "level": "WARN", "message": "keys are old" });
        assert_eq!(sentence(warned).unwrap(), "  user-login: keys are old");
        let refused = json!({ "level": "INFO", "message": "refused", "code": "invalid-credentials", "span": { "reason": "expired" } });
        assert_eq!(sentence(refused).unwrap(), "  user-login: invalid-credentials: expired");
        let event = json!({ "level": "INFO", "schema": 1, "event": "login.refused", "reason": "wrong password" });
        assert_eq!(sentence(event).unwrap(), "  user-login: login.refused: wrong password");
        let dropped = json!({ "level": "INFO", "schema": 1, "event": "mail.dropped", "mail": "password-changed", "reason": "throttled" });
        assert_eq!(sentence(dropped).unwrap(), "  user-login: mail.dropped (password-changed): throttled");
    }

    #[test]
    fn a_person_is_not_told_what_the_line_of_the_request_says() {
        for entry in [
            json!({ "level": "INFO", "message": "answered", "status": 200, "span": {} }),
            json!({ "level": "INFO", "message": "refused", "status": 422, "code": "invalid-fields", "span": {} }),
            json!({ "level": "INFO", "schema": 1, "event": "login.succeeded" }),
            json!({}),
        ] {
            assert_eq!(sentence("user-login", &entry), None);
        }
    }
}
