//! The tour: docs/tour.md as a stranger pastes it, and docs/tour.http as an editor sends it.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::{Value, json};

use super::mail;
use super::site::Site;
use super::watch::Watch;
use crate::house::contract::Fit;
use crate::house::{http_file, root};

/// Takes the tour at `site` and gives its answers, each as it should be; who is called anew each time is `dora`.
pub async fn answers(site: &Site) -> Vec<Value> {
    let watch = Watch::over(&site.url, Fit::Documented).await;
    let tour = latchkey_local::tour::tour(&read("docs/tour.md"), &watch.url);
    let output = Command::new("bash").args(["-euo", "pipefail", "-c", &tour]).current_dir(&site.folder).output().unwrap();
    watch.finish();
    assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));

    let text = String::from_utf8(output.stdout).unwrap();
    let parsed =
        |text: &str| -> Vec<Value> { text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect() };
    let answers = parsed(&text);
    check(&answers);
    let dora = answers.iter().find_map(|answer| answer["username"].as_str().filter(|name| name.starts_with("dora-")));
    parsed(&text.replace(dora.unwrap(), "dora"))
}

/// The tour's answers are as they should be.
pub fn check(answers: &[Value]) {
    let [
        login,
        added,
        list,
        made,
        refreshed,
        patched,
        got,
        deleted,
        session,
        again,
        good,
        over,
        dora,
        asked,
        set,
        logged_in,
        with_otp,
        revoked,
        refused,
    ] = answers
    else {
        panic!("{answers:#?}")
    };
    assert!(login["Token"].is_string());
    assert_eq!(added["name"], "production");
    assert!(list.as_array().is_some_and(|keys| keys.contains(added)));
    assert_ne!(made["authenticationToken"], refreshed["authenticationToken"]);
    assert_eq!(patched["flags"], json!(["beta"]));
    assert_eq!(got, patched);
    assert_eq!(deleted["success"], true);
    assert_eq!((&session["customerId"], &session["acl"][0]["permissions"][0]), (&"carol".into(), &"read-invoices".into()));
    assert_eq!(again["status"], 404);
    assert_eq!((&good["active"], &good["jti"]), (&true.into(), &session["id"]));
    assert_eq!(over, &json!({ "active": false }));
    assert!(asked["message"].as_str().is_some_and(|text| text.starts_with("If this is a user")));
    assert_eq!((&set["message"], &logged_in["Id"]), (&"Success".into(), &dora["id"]));
    assert_eq!((&with_otp["type"], &with_otp["customerId"]), (&"customer".into(), &dora["id"]));
    assert_eq!(revoked["message"], "Success");
    assert_eq!(refused["status"], 401);
}

/// Sends the requests of docs/tour.http. Each is answered by a 2xx, or by the status at the end of its title.
pub async fn in_an_editor(site: &Site) {
    let file = http_file::parse(&read("docs/tour.http")).unwrap();
    let mut variables = file.variables;
    variables.insert("url".to_owned(), String::new());
    variables.insert("username".to_owned(), site.username.clone());
    variables.insert("password".to_owned(), site.password.clone());
    variables.insert("$timestamp".to_owned(), uuid::Uuid::new_v4().to_string());
    let mut answers = BTreeMap::<String, Value>::new();

    for request in file.requests {
        if let Some(prompt) = request.prompt {
            let to = answers["dora"]["email"].as_str().unwrap();
            variables.insert(prompt, reset_token(&mail::to(site, to).await));
        }
        let fill = |text: &str| http_file::filled(text, |name| value(name, &variables, &answers)).unwrap();
        let headers: Vec<_> = request.headers.iter().map(|(name, text)| (name.as_str(), fill(text))).collect();
        let headers: Vec<_> = headers.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let answer = site.http.send(&request.method, &fill(&request.url), &headers, fill(&request.body)).await.unwrap();
        match request.title.rsplit_once(": ").and_then(|(_, status)| status.parse::<u16>().ok()) {
            Some(status) => assert_eq!(answer.status, status, "{}: {answer:?}", request.title),
            None => assert!((200..300).contains(&answer.status), "{}: {answer:?}", request.title),
        }
        answers.extend(request.name.map(|name| (name, answer.body)));
    }
}

/// What `name` stands for: a variable, or `<request>.response.body.$.<member>`.
fn value(name: &str, variables: &BTreeMap<String, String>, answers: &BTreeMap<String, Value>) -> Option<String> {
    if let Some(value) = variables.get(name) {
        return Some(value.clone());
    }
    let (request, member) = name.split_once(".response.body.$.")?;
    answers.get(request)?[member].as_str().map(str::to_owned)
}

fn reset_token(mail: &str) -> String {
    let (_, rest) = mail.split_once("lkrst_").unwrap();
    let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(rest.len());
    format!("lkrst_{}", &rest[..end])
}

fn read(page: &str) -> String {
    std::fs::read_to_string(root().join(page)).unwrap()
}
