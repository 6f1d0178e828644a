//! The README's tour, as a stranger pastes it.

use std::process::Command;

use serde_json::{Value, json};

use super::site::Site;
use super::watch::Watch;
use crate::house::contract::Fit;
use crate::house::root;

/// Takes the tour at `site` and gives its answers, each as it should be.
pub async fn answers(site: &Site) -> Vec<Value> {
    let watch = Watch::over(&site.url, Fit::Documented).await;
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let tour = latchkey_local::tour::tour(&readme, &watch.url).unwrap();
    let output = Command::new("bash").args(["-euo", "pipefail", "-c", &tour]).current_dir(&site.folder).output().unwrap();
    watch.finish();
    assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));

    let text = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect();
    check(&answers);
    answers
}

/// The tour's answers are as they should be.
pub fn check(answers: &[Value]) {
    let [list, made, refreshed, patched, got, deleted, session, again, with_otp, good, over, dora, asked, set, logged_in, revoked, refused] =
        answers
    else {
        panic!("{answers:#?}")
    };
    assert_eq!(list[0]["name"], "production");
    assert_ne!(made["authenticationToken"], refreshed["authenticationToken"]);
    assert_eq!(patched["flags"], serde_json::json!(["beta"]));
    assert_eq!(got, patched);
    assert_eq!(deleted["success"], true);
    assert_eq!((&session["customerId"], &session["acl"][0]["permissions"][0]), (&"carol".into(), &"read-invoices".into()));
    assert_eq!(again["status"], 404);
    assert_eq!(with_otp["type"], "customer");
    assert_eq!((&good["active"], &good["jti"]), (&true.into(), &with_otp["id"]));
    assert_eq!(over, &json!({ "active": false }));
    assert!(asked["message"].as_str().is_some_and(|text| text.starts_with("If this is a user")));
    assert_eq!((&set["message"], &logged_in["Id"]), (&"Success".into(), &dora["id"]));
    assert_eq!(revoked["message"], "Success");
    assert_eq!(refused["status"], 401);
}
