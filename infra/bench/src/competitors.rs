//! What our functions are measured beside: bare functions, the same login in TypeScript, and OpenAuth's. Imports [`crate::subject`].

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use latchkey_runtime_api::{Output, Program};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::events::Event;
use crate::operations::FIRST_PASSWORD;
use crate::stand_ins::{BINARIES, NODE_TABLE, OPENAUTH_TABLE, StandIns};
use crate::subject::{Calls, Kind, Subject, call};

/// The bare function.
pub const BARE: &str = "bare";
/// The bare function with DynamoDB requests.
pub const REQUESTS: &str = "bare with a GetItem";
/// The login in TypeScript.
pub const NODE: &str = "TypeScript login";
/// OpenAuth.
pub const OPENAUTH: &str = "OpenAuth login";

/// The bundles of infra/bench/node.
const BUNDLES: &str = "infra/bench/node";
const EMAIL: &str = "staff@example.com";

/// All of them.
///
/// # Errors
/// If one can't be prepared.
pub async fn subjects(stand_ins: &StandIns) -> Result<Vec<Subject>> {
    let get = json!([{ "action": "GetItem", "body": { "TableName": NODE_TABLE, "Key": { "pk": { "S": "name#staff" } } } }]);
    let bare = |name: &str, binary: &str, what: &str, environment| {
        let folder = Path::new(BINARIES).join(binary);
        Subject {
            name: name.to_owned(),
            what: what.to_owned(),
            kind: Kind::Bare,
            binary: std::path::absolute(folder.join("bootstrap")).unwrap_or_default(),
            arguments: Vec::new(),
            environment,
            package: (folder, vec!["bootstrap".to_owned()]),
            calls: Some(Calls::Same(Event::new("GET /hello", &[]).json())),
            hashes: 0,
        }
    };
    let node = Node::find().await?;
    let seed = node.seed().await?;
    Ok(vec![
        bare(BARE, "bench-bare", "a lambda_http function that does nothing", environment(stand_ins, &[])),
        bare(
            REQUESTS,
            "bench-requests",
            "a lambda_http function that reads one row with the SDK",
            environment(stand_ins, &[("BENCH_REQUESTS", &get.to_string())]),
        ),
        node.login(stand_ins, &seed)?,
        node.openauth(stand_ins, &seed).await?,
    ])
}

/// The variables of a program that is not ours. It trusts the stand-ins as its own libraries are told to.
pub fn environment(stand_ins: &StandIns, more: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    let authority = stand_ins.folder.join("authority.pem");
    let mut environment: Vec<(OsString, OsString)> = vec![
        ("AWS_REGION".into(), "local".into()),
        ("AWS_ACCESS_KEY_ID".into(), "local".into()),
        ("AWS_SECRET_ACCESS_KEY".into(), "local".into()),
        ("AWS_ENDPOINT_URL_DYNAMODB".into(), stand_ins.dynamodb.as_str().into()),
        ("SSL_CERT_FILE".into(), authority.clone().into()),
        ("NODE_EXTRA_CA_CERTS".into(), authority.into()),
        ("ISSUER".into(), "https://auth.example.com".into()),
    ];
    environment.extend(more.iter().map(|(name, value)| ((*name).into(), (*value).into())));
    environment
}

/// Node.js, and what runs in it.
pub struct Node {
    path: PathBuf,
    version: String,
    bundles: PathBuf,
}

impl Node {
    /// The `node` that a shell would run.
    ///
    /// # Errors
    /// If there is none.
    pub async fn find() -> Result<Self> {
        let output =
            Command::new("node").args(["-p", "process.execPath + ' ' + process.version"]).output().await.context("node is missing")?;
        let text = String::from_utf8(output.stdout)?;
        let (path, version) = text.trim().rsplit_once(' ').context("node does not say where it is")?;
        let bundles = std::path::absolute(BUNDLES)?;
        ensure!(bundles.join("dist/login.mjs").exists(), "{BUNDLES}/dist is missing. `make bench` builds it.");
        Ok(Self { path: path.into(), version: version.to_owned(), bundles })
    }

    /// What `dist/<name>.mjs` prints, as JSON.
    ///
    /// # Errors
    /// If it fails.
    pub async fn run(&self, name: &str, arguments: &[&str]) -> Result<Value> {
        let output = Command::new(&self.path).arg(self.bundle(name)).args(arguments).output().await?;
        ensure!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    fn bundle(&self, name: &str) -> PathBuf {
        self.bundles.join("dist").join(name).with_extension("mjs")
    }

    /// The hashes of the password, as each login stores it.
    ///
    /// # Errors
    /// If they can't be made.
    pub async fn seed(&self) -> Result<Value> {
        self.run("seed", &[FIRST_PASSWORD]).await
    }

    fn subject(
        &self,
        name: &str,
        what: String,
        bundle: &str,
        modules: &[&str],
        environment: Vec<(OsString, OsString)>,
        event: Value,
    ) -> Subject {
        let mut package = vec![format!("dist/{bundle}.mjs")];
        package.extend(modules.iter().map(|module| format!("node_modules/{module}")).filter(|module| self.bundles.join(module).exists()));
        Subject {
            name: name.to_owned(),
            what,
            kind: Kind::Other,
            binary: self.path.clone(),
            arguments: vec![self.bundle(bundle).into()],
            environment,
            package: (self.bundles.clone(), package),
            calls: Some(Calls::Same(event)),
            hashes: 1,
        }
    }

    fn login(&self, stand_ins: &StandIns, seed: &Value) -> Result<Subject> {
        let user = json!({
            "pk": { "S": "name#staff" }, "user_id": { "S": uuid::Uuid::new_v4().to_string() }, "password_hash": { "S": seed.get("argon2") },
        });
        stand_ins.put(NODE_TABLE, &user)?;
        let keys: Value = serde_json::from_str(&fs::read_to_string(&stand_ins.signing_keys)?)?;
        let key = keys.pointer("/keys/0").context("no signing key")?.to_string();
        let body = json!({ "username": "staff", "password": FIRST_PASSWORD });
        let event = Event::new("POST /user/login", &[]).body(&body).json();
        let what = format!("the same login in TypeScript on Node.js {}, bundled", self.version);
        let modules = ["@node-rs/argon2", "@node-rs/argon2-linux-x64-gnu", "@node-rs/argon2-linux-arm64-gnu"];
        let environment = environment(stand_ins, &[("TABLE", NODE_TABLE), ("SIGNING_KEY", &key)]);
        Ok(self.subject(NODE, what, "login", &modules, environment, event))
    }

    /// A login that is under way is kept in a cookie, which the first page gives; the call that is measured sends the password.
    async fn openauth(&self, stand_ins: &StandIns, seed: &Value) -> Result<Subject> {
        let hash = seed.get("scrypt").context("no hash")?.to_string();
        let row = json!({ "pk": { "S": format!("email\u{1f}{EMAIL}") }, "sk": { "S": "password" }, "value": { "S": hash } });
        stand_ins.put(OPENAUTH_TABLE, &row)?;
        let what = format!("OpenAuth's login with a password (scrypt) on its DynamoDB storage, Node.js {}, bundled", self.version);
        let environment = environment(stand_ins, &[("TABLE", OPENAUTH_TABLE)]);
        let mut subject = self.subject(OPENAUTH, what, "openauth", &[], environment, Value::Null);

        let program = Program::new(OPENAUTH, &subject.binary).environment(subject.environment.clone()).output(Output::Discard);
        let process = stand_ins.host.start(&subject.arguments.iter().fold(program, Program::argument)).await?;
        let query = "client_id=bench&redirect_uri=https%3A%2F%2Fapp.example.com%2F&response_type=token&provider=password&state=x";
        let begun = call(&process, &Event::new("GET /authorize", &[]).query(query).json()).await.context(OPENAUTH)?;
        process.stop().await;
        let cookies = begun.get("cookies").and_then(Value::as_array).context("no cookie")?;
        let cookies: Vec<_> = cookies.iter().filter_map(|cookie| cookie.as_str()?.split(';').next()).collect();
        let form = format!("email={}&password={FIRST_PASSWORD}", EMAIL.replace('@', "%40"));
        let event = Event::new("POST /password/authorize", &[]).form(&form).cookies(&json!(cookies)).json();
        subject.calls = Some(Calls::Same(event));
        Ok(subject)
    }
}
