//! Users and keys that are gone, brought back by the commands of docs/restore.md; what had ended stays ended.

use std::path::PathBuf;

use latchkey::domain::{Clock, KeyId, SystemClock, Timestamp, Username};
use latchkey::store::schema;
use serde_json::{Value, json};

use super::deployed::{self, Deployed, STACK};
use crate::house::root;
use crate::stack::people::Member;
use crate::stack::python::python;
use crate::stack::running::program;

/// The restored tables hold the rows of the moment of the restore here, so the damage comes after it.
pub async fn what_is_gone_comes_back_and_what_has_ended_does_not(deployed: &Deployed) {
    let (deleted, changed) = (deployed.member().await, deployed.member().await);
    let [login, old_login] = [deployed.login(&deleted).await, deployed.login(&changed).await];
    let [lost, revoked_by_operator] = [deployed.key(&login).await, deployed.key(&login).await];
    let [kept, revoked_by_owner] = [deployed.key(&old_login).await, deployed.key(&old_login).await];
    let judge = deployed.demo().await.key;
    let once = deployed.one_time_token(&kept, "carol").await.text("token");
    let when = SystemClock.now();
    run(deployed, when, &["stack", "beside"]);

    let new = change_password(deployed, &changed).await;
    let jwt = deployed.login(&new).await;
    deployed.http.post("/authheader/delete", &[("authorization", &jwt)], json!({ "text": revoked_by_owner })).await;
    let exchange = format!("/authentication-tokens/{once}/exchange");
    assert_eq!(deployed.http.send("POST", &exchange, &[], "").await.unwrap().status, 201);
    let keys = latchkey(deployed, &["key", "list", "--user", &deleted.name, "--show-tokens"]);
    let id = |token: &str| keys.iter().find(|key| key["token"] == token).unwrap()["id"].as_str().unwrap();
    latchkey(deployed, &["key", "revoke", "--user", &deleted.name, id(&revoked_by_operator)]);
    lose(deployed, &deleted, id(&lost).parse().unwrap()).await;
    assert_eq!(deployed.introspect(&judge, &lost).await, json!({ "active": false }));

    run(deployed, when, &["stack", "users", "keys"]);

    let active = async |credential: &str| deployed.introspect(&judge, credential).await["active"] == true;
    assert!(active(&lost).await && active(&kept).await, "keys that were lost are good again");
    assert!(!active(&revoked_by_owner).await && !active(&revoked_by_operator).await, "keys that were revoked are not");
    deployed.login(&deleted).await;
    assert!(!active(&login).await, "a user who comes back begins a new epoch");
    assert!(!active(&old_login).await && active(&jwt).await, "a user who was there is as before");
    assert_eq!(deployed.http.send("POST", &exchange, &[], "").await.unwrap().status, 404, "what was consumed stays consumed");

    run(deployed, when, &["stack", "afterwards"]);
    a_key_set_that_was_overwritten_is_put_back(deployed).await;
}

/// As by hand in the console: no program of ours is asked.
async fn lose(deployed: &Deployed, member: &Member, key: KeyId) {
    let name = schema::user_by_name(&Username::normalised(&member.name));
    let user = member.id.parse().unwrap();
    let rows = [
        (&deployed.tables.users, name),
        (&deployed.tables.users, schema::user_by_id(&member.id)),
        (&deployed.tables.tokens, schema::api_key(user, key)),
    ];
    for (table, row) in rows {
        deployed.database.delete_item().table_name(table).set_key(Some(row)).send().await.unwrap();
    }
}

async fn change_password(deployed: &Deployed, member: &Member) -> Member {
    let password = format!("{}?", uuid::Uuid::new_v4());
    let wish = json!({ "username": member.name, "old": member.password, "new": password, "confirm": password });
    let reply = deployed.http.post("/user/password", &[], wish).await;
    assert!((200..300).contains(&reply.status), "{reply:?}");
    Member { id: member.id.clone(), name: member.name.clone(), password }
}

async fn a_key_set_that_was_overwritten_is_put_back(deployed: &Deployed) {
    let before = deployed.secret("TokenKeysArn");
    let [_, _, arn] = deployed.secret_arns();
    deployed.aws.call("secretsmanager", "put_secret_value", json!({ "SecretId": arn, "SecretString": "{}" }));

    run(deployed, SystemClock.now(), &["stack", "secrets"]);

    assert_eq!(deployed.secret("TokenKeysArn"), before);
}

/// What the operator's program answers, a document a line; its journal lies where the commands of docs/restore.md look for it.
fn latchkey(deployed: &Deployed, arguments: &[&str]) -> Vec<Value> {
    let mut latchkey = deployed.aws.command(program("latchkey"));
    latchkey.args(["--stack", STACK, "--json"]).args(arguments).env("XDG_STATE_HOME", folder(deployed));
    deployed::run(&mut latchkey).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn folder(deployed: &Deployed) -> PathBuf {
    let folder = deployed.folder.join("restore");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs blocks of docs/restore.md in one shell, for the stack that is there and the moment `when`.
fn run(deployed: &Deployed, when: Timestamp, names: &[&str]) {
    let text = std::fs::read_to_string(root().join("docs/restore.md")).unwrap();
    let block = |name: &&str| {
        let (_, rest) = text.split_once(&format!("<!-- {name} -->\n```sh\n")).unwrap();
        rest.split_once("```\n").unwrap().0.replace("latchkey-prod", STACK).replace("2030-01-15T10:00:00Z", &when.to_string())
    };
    let blocks: String = names.iter().map(block).collect();
    let aws = python("awscli-venv", "tests/deploy/awscli.txt").with_file_name("");
    let script = format!("PATH='{}:{}':$PATH\n{blocks}", aws.display(), program("").display());
    let folder = folder(deployed);
    let mut bash = deployed.aws.command("bash");
    bash.args(["-euo", "pipefail", "-c", &script]).current_dir(&folder).env("XDG_STATE_HOME", &folder);
    let output = bash.output().unwrap();
    let (told, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{names:?}: {told}{log}");
    println!("{}", told.trim_end());
}
