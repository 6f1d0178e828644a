//! The vendors' own clients, the clients of this project, and other libraries that verify what this service signs: programs of their own.

use std::path::PathBuf;
use std::process::{Command, Output};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::python::python;
use super::site::Site;
use super::watch::Watch;
use crate::house::contract::Fit;
use crate::house::root;

/// JWTs of one algorithm.
pub struct Jwts {
    pub algorithm: String,
    pub login: String,
    pub session: String,
}

impl Jwts {
    /// Those of a new member, as they are signed now.
    pub async fn at(site: &Site) -> Self {
        let login = site.login(&site.member().await).await;
        let key = site.key(&login).await;
        let session = site.session(&key, "carol", json!({})).await.text("token");
        Self { algorithm: algorithm(&login), login, session }
    }
}

/// The algorithm in a JWT's header.
pub fn algorithm(jwt: &str) -> String {
    let header = URL_SAFE_NO_PAD.decode(jwt.split('.').next().unwrap()).unwrap();
    serde_json::from_slice::<Value>(&header).unwrap()["alg"].as_str().unwrap().to_owned()
}

/// What they send is what docs/compatibility.md is about; what they get is as the contract says.
pub async fn the_vendors_clients_pass(site: &Site) {
    let watch = watched(site, Fit::Unknown).await;
    run(site, VENDORS, "stack.json", "npm", &INSTALL, None);
    run(site, VENDORS, "watched.json", "npm", &["test", "--silent"], None);
    watch.finish();
}

/// The client libraries of this project, by their own tests: the tour, what their middleware refuses, their examples, and whether what
/// is generated is that of the contract. What they send is as the contract says.
pub async fn our_own_clients_pass(site: &Site) {
    let watch = watched(site, Fit::Documented).await;
    run(site, "clients/typescript", "stack.json", "npm", &INSTALL, None);
    run(site, "clients/typescript", "watched.json", "npm", &["test", "--silent"], None);
    let python = python("client-venv", "clients/python/requirements.txt");
    run(site, "clients/python", "watched.json", &python.display().to_string(), &["-m", "pytest", "--quiet"], None);
    super::rust::the_client_passes(site, &watch.url).await;
    watch.finish();
}

const VENDORS: &str = "tests/clients";
const INSTALL: [&str; 4] = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];

/// A watch over the site, which `watched.json` beside `stack.json` names.
async fn watched(site: &Site, fit: Fit) -> Watch {
    let watch = Watch::over(&site.url, fit).await;
    let local = site.folder.join(".local");
    let mut stack: Value = serde_json::from_slice(&std::fs::read(local.join("stack.json")).unwrap()).unwrap();
    (stack["url"], stack["issuer"]) = (json!(watch.url), json!(site.issuer));
    std::fs::write(local.join("watched.json"), stack.to_string()).unwrap();
    watch
}

/// Has jose, AWS's own library and PyJWT verify these from the published key set alone; the packages of
/// [`the_vendors_clients_pass`] must be there.
pub fn others_verify(site: &Site, jwts: &[Jwts]) {
    let file = site.folder.join("jwts.json");
    let list: Vec<_> =
        jwts.iter().map(|jwts| json!({ "algorithm": jwts.algorithm, "login": jwts.login, "session": jwts.session })).collect();
    std::fs::write(&file, json!(list).to_string()).unwrap();
    run(site, VENDORS, "stack.json", "node", &["--test", "jwks.test.mjs"], Some(&file));
    let python = python("clients-venv", "tests/clients/requirements.txt");
    run(site, VENDORS, "stack.json", &python.display().to_string(), &["jwks_test.py"], Some(&file));
}

fn run(site: &Site, folder: &str, stack: &str, program: &str, arguments: &[&str], jwts: Option<&PathBuf>) {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root().join(folder)).env("LATCHKEY_STACK", site.folder.join(".local").join(stack));
    command.envs(site.environment.clone()).env("LATCHKEY_CLI", super::running::program("latchkey"));
    if let Some(jwts) = jwts {
        command.env("LATCHKEY_JWTS", jwts);
    }
    let output = command.output();
    let Output { status, stdout, stderr } =
        output.unwrap_or_else(|error| panic!("{program}: {error}. The tests need Node.js 20 and Python 3.11 or newer."));
    let text = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{text}");
    let lines: Vec<_> = text.lines().filter(|line| !line.is_empty()).collect();
    println!("{}", lines[lines.len().saturating_sub(9)..].join("\n"));
}
