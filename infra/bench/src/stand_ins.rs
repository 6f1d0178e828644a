//! What the functions call: an embedded DynamoDB and Secrets Manager's one call, both over TLS. Imports [`crate::authority`], [`crate::tls`].

use std::ffi::OsString;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use dynoxide::{Database, ImportOptions};
use latchkey_local::demo::{self, DemoUser};
use latchkey_local::environment::{StackResources, variables};
use latchkey_local::template::{self, Key, Table, Template};
use latchkey_local::{dynamodb, keys, secrets_manager, tables};
use latchkey_runtime_api::Host;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::authority::Authority;
use crate::recording::Recording;
use crate::tls;

/// What is not kept.
pub const FOLDER: &str = "target/bench";
/// Where `cargo lambda build` puts binaries.
pub const BINARIES: &str = "target/lambda";
/// The table of the login in TypeScript, and that of OpenAuth.
pub const NODE_TABLE: &str = "latchkey-node";
/// The table of OpenAuth.
pub const OPENAUTH_TABLE: &str = "latchkey-openauth";

/// The stand-ins, and the host of those who call them.
pub struct StandIns {
    /// Starts processes.
    pub host: Host,
    /// What issued the stand-ins' certificate.
    pub authority: Authority,
    /// Where their files are, as an absolute path.
    pub folder: PathBuf,
    /// The variables of our functions.
    pub environment: Vec<(OsString, OsString)>,
    /// Where DynamoDB is, over TLS.
    pub dynamodb: String,
    /// What passes on the way there.
    pub recording: Recording,
    /// The file of the private keys that sign JWTs.
    pub signing_keys: PathBuf,
    plain: String,
    database: Database,
    tables: Vec<Table>,
}

impl StandIns {
    /// Starts them, with empty tables, and their files in the folder `name`.
    ///
    /// # Errors
    /// If a port, a key or a table can't be had.
    pub async fn start(name: &str) -> Result<Self> {
        let folder = std::path::absolute(FOLDER)?.join(name);
        for name in ["mail", "keys"] {
            fs::create_dir_all(folder.join(name))?;
        }
        let template = Template::read(Path::new("template.yaml")).context("Run this in the project's root")?;
        // Without streams, which nobody reads here: the engine would look through all their records at each write.
        let tables: Vec<_> = template::tables(&template)?.into_iter().map(|table| Table { stream: None, ..table }).collect();
        let database = Database::memory().map_err(|error| anyhow!("{error:?}"))?;
        tables::create(&database, &tables)?;
        tables::create(&database, &[other_table(NODE_TABLE, &["pk"]), other_table(OPENAUTH_TABLE, &["pk", "sk"])])?;
        let keys = keys::ensure(&folder.join("keys"))?;
        let authority = Authority::new()?;
        fs::write(folder.join("authority.pem"), &authority.pem)?;

        let (plain, secrets) = (listen().await?, listen().await?);
        let (plain_address, secrets_address) = (plain.local_addr()?, secrets.local_addr()?);
        // Without the sweep of expired rows that the local stack has: nothing lives so long here, and it would hold up a call.
        tokio::spawn(dynamodb::serve(plain, database.clone()));
        tokio::spawn(secrets_manager::serve(secrets, keys.clone()));
        let recording = Recording::default();
        let dynamodb = over_tls(&authority, plain_address, recording.clone()).await?;
        let secrets_manager = over_tls(&authority, secrets_address, Recording::default()).await?;

        let mail = folder.join("mail");
        let resources = StackResources {
            url: "http://127.0.0.1:9000",
            app_url: "http://127.0.0.1:9000",
            dynamodb: &dynamodb,
            secrets_manager: &secrets_manager,
            tables: &tables,
            keys: &keys,
            mail: &mail,
        };
        let mut environment = variables(&resources);
        // As in a deployed stack, where each event is counted by what its log line holds.
        environment.extend([("METRICS_NAMESPACE", "Latchkey"), ("STAGE", "bench")].map(|(name, value)| (name.into(), value.into())));
        let host = Host::new()?;
        let plain = format!("http://{plain_address}");
        Ok(Self { host, authority, folder, environment, dynamodb, recording, signing_keys: keys.signing, plain, database, tables })
    }

    /// Adds a user who may do everything.
    ///
    /// # Errors
    /// If the database refuses.
    pub async fn add_user(&self, username: &str, password: &str) -> Result<()> {
        let user = DemoUser { username: username.to_owned(), password: password.to_owned() };
        demo::insert(&user, &self.plain, &self.tables).await
    }

    /// Puts `item`, in DynamoDB's JSON, into `table`.
    ///
    /// # Errors
    /// If the database refuses.
    pub fn put(&self, table: &str, item: &Value) -> Result<()> {
        let request = serde_json::from_value(json!({ "TableName": table, "Item": item }))?;
        self.database.put_item(request).map(drop).map_err(|error| anyhow!("{error:?}"))
    }

    /// The rows of `table`, in DynamoDB's JSON. For few rows.
    ///
    /// # Errors
    /// If the database refuses.
    pub fn rows(&self, table: &str) -> Result<Vec<Value>> {
        let scanned = self.database.scan(serde_json::from_value(json!({ "TableName": table }))?).map_err(|error| anyhow!("{error:?}"))?;
        let scanned = serde_json::to_value(scanned)?;
        Ok(scanned.get("Items").and_then(Value::as_array).cloned().unwrap_or_default())
    }

    /// Puts `rows`, in DynamoDB's JSON, into `table` at once.
    ///
    /// # Errors
    /// If the database refuses.
    pub fn import(&self, table: &str, rows: &[String]) -> Result<()> {
        let items = rows.iter().map(|row| serde_json::from_str(row)).collect::<Result<Vec<_>, _>>()?;
        let options = ImportOptions { record_streams: false, set_cached_at: false };
        self.database.import_items(table, items, options).map(drop).map_err(|error| anyhow!("{error:?}"))
    }
}

async fn listen() -> Result<TcpListener> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?)
}

/// The address of the service at `plain` over TLS. Its host is a name, as AWS's are, so that a client has to resolve it.
async fn over_tls(authority: &Authority, plain: SocketAddr, recording: Recording) -> Result<String> {
    let listener = listen().await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(tls::serve(listener, authority.acceptor.clone(), plain, recording));
    Ok(format!("https://localhost:{port}"))
}

fn other_table(name: &str, keys: &[&str]) -> Table {
    let roles = ["HASH", "RANGE"];
    let keys = keys.iter().zip(roles).map(|(name, role)| Key { name: (*name).into(), role: role.into(), kind: "S".into() });
    Table { stem: name.trim_start_matches("latchkey-").into(), keys: keys.collect(), ttl: None, stream: None }
}
