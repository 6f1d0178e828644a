//! The stack `latchkey-dev`, as `make deploy` makes it.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use aws_sdk_dynamodb::config::{Credentials, Region};
use latchkey::store::Tables;
use serde_json::{Value, json};

use super::aws::{Aws, REGION, environment};
use super::mails::Mails;
use super::routes;
use crate::house::root;
use crate::stack::http::Client;
use crate::stack::running::{build, program};
use crate::stack::site::Site;

pub const STACK: &str = "latchkey-dev";

const KEY_SETS: [&str; 3] = ["SigningKeysArn", "VerificationKeysArn", "TokenKeysArn"];

/// The sender of infra/parameters/dev.yaml.
const SENDER: &str = "auth@example.com";

/// A deployed stack with its demo user.
pub struct Deployed {
    pub aws: Aws,
    site: Site,
    /// Of each function's logical id the name in AWS.
    pub functions: BTreeMap<String, String>,
    _mails: Mails,
}

impl Deref for Deployed {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.site
    }
}

impl Deployed {
    /// An empty account, the first deploy, a verified sender and a demo user.
    pub fn first() -> Self {
        Self::first_of(&root(), Client::new)
    }

    /// The same of the checkout of an earlier release.
    pub fn first_of_a_former_release(checkout: &Path) -> Self {
        Self::first_of(checkout, Client::of_a_former_release)
    }

    /// From now on it is this release.
    pub fn is_upgraded(&mut self) {
        self.site.http = Client::new(&self.site.url);
        self.look();
    }

    fn first_of(checkout: &Path, client: fn(&str) -> Client) -> Self {
        build("latchkey");
        let aws = Aws::start();
        make_deploy_in(checkout, &aws, "", false);
        let outputs = outputs(&aws);
        aws.call("sesv2", "create_email_identity", json!({ "EmailIdentity": SENDER }));
        let person = ["--email", "demo@example.com", "--first-name", "Demo", "--last-name", "User", "--admin", "--generate"];
        let demo = latchkey(&aws, &[&["user", "add", "demo"], &person[..]].concat());

        let output = |name: &str| outputs.get(name).unwrap_or_else(|| panic!("no output {name}")).clone();
        let url = by_path(&aws, &output("ApiUrl"));
        let folder = aws.folder.join("site");
        let site = Site {
            http: client(&url),
            url,
            issuer: output("Issuer"),
            username: "demo".to_owned(),
            password: demo["password"].as_str().unwrap().to_owned(),
            database: database(&aws.endpoint),
            tables: Tables { users: output("UsersTableName"), tokens: output("TokensTableName"), sessions: output("SessionsTableName") },
            folder,
            environment: environment(&aws.endpoint),
        };
        let mails = Mails::collect(&aws.endpoint, &site.folder.join(".local/mail"));
        let mut deployed = Self { aws, site, functions: BTreeMap::new(), _mails: mails };
        deployed.look();
        deployed
    }

    /// Deploys over what is there, with other parameters.
    pub fn deploy(&mut self, parameters: &str) {
        make_deploy(&self.aws, parameters, false);
        self.look();
    }

    /// What is deployed now: functions, issuer, routes; and the files that a local stack has.
    fn look(&mut self) {
        let resources = resources(&self.aws);
        let functions = resources.iter().filter(|resource| resource["ResourceType"] == "AWS::Lambda::Function");
        let text = |resource: &Value, name: &str| resource[name].as_str().unwrap().to_owned();
        self.functions = functions.map(|one| (text(one, "LogicalResourceId"), text(one, "PhysicalResourceId"))).collect();
        self.site.issuer = outputs(&self.aws)["Issuer"].clone();
        routes::create(&self.aws, &resources);
        self.write_files();
    }

    fn write_files(&self) {
        let local = self.site.folder.join(".local");
        std::fs::create_dir_all(local.join("keys")).unwrap();
        let stack = json!({ "url": self.url, "username": self.username, "password": self.password, "stack": STACK, "issuer": self.issuer });
        std::fs::write(local.join("stack.json"), stack.to_string()).unwrap();
        std::fs::write(local.join("keys/verification.json"), self.secret("VerificationKeysArn")).unwrap();
    }

    /// What is in the secret of an output.
    pub fn secret(&self, output: &str) -> String {
        let value = self.aws.call("secretsmanager", "get_secret_value", json!({ "SecretId": outputs(&self.aws)[output] }));
        value["SecretString"].as_str().unwrap().to_owned()
    }

    /// The three key sets.
    pub fn key_sets(&self) -> [String; 3] {
        KEY_SETS.map(|output| self.secret(output))
    }

    /// Where they are.
    pub fn secret_arns(&self) -> [String; 3] {
        let outputs = outputs(&self.aws);
        KEY_SETS.map(|output| outputs[output].clone())
    }

    /// The lines of a log group.
    pub fn log(&self, group: &str) -> String {
        // ministack answers with the first lines since a time, and without a token for the rest.
        const PAGE: usize = 10_000;
        let (mut lines, mut since) = (Vec::new(), 0);
        loop {
            let page = self.aws.call("logs", "filter_log_events", json!({ "logGroupName": group, "startTime": since }))["events"].take();
            let page = page.as_array().unwrap();
            let time = |event: &Value| event["timestamp"].as_i64().unwrap();
            let last = page.last().map_or(since, time);
            let is_whole = page.len() < PAGE;
            let read = page.iter().filter(|event| is_whole || time(event) < last);
            lines.extend(read.map(|event| event["message"].as_str().unwrap().to_owned()));
            if is_whole {
                return lines.join("\n");
            }
            assert!(last > since, "more lines than a page at one instant");
            since = last;
        }
    }

    /// The lines of all functions.
    pub fn audit_log(&self) -> String {
        self.log(&outputs(&self.aws)["AuditLogGroup"])
    }

    /// The API that WithAuthorizerSample adds.
    pub fn sample(&self) -> Client {
        Client::new(&by_path(&self.aws, &outputs(&self.aws)["AuthorizerSampleUrl"]))
    }
}

/// `make deploy ENV=dev`, as a user types it; what is `built` is not built again. LATCHKEY_TEST_BUILT says so of all.
pub fn make_deploy(aws: &Aws, parameters: &str, built: bool) {
    make_deploy_in(&root(), aws, parameters, built);
}

fn make_deploy_in(checkout: &Path, aws: &Aws, parameters: &str, built: bool) {
    let start = Instant::now();
    let mut make = aws.command("make");
    let is_former = checkout != root();
    // An earlier release is built once: its commit does not change.
    let is_built = built || is_former && checkout.join("target/lambda/jwks/bootstrap").exists();
    if is_built || std::env::var_os("LATCHKEY_TEST_BUILT").is_some() {
        make.arg("BUILT=1");
    }
    // All tests come from one address.
    let mut parameters = format!("AddressAttempts=1000 {parameters}");
    if is_former {
        // Two checkouts in one target directory undo each other's builds.
        make.env("CARGO_TARGET_DIR", checkout.join("target"));
    } else {
        parameters = format!("SelfService=sign-up MailRequestsPerAddress=100 {parameters}");
    }
    make.args(["deploy", "ENV=dev", &format!("PARAMETERS={parameters}")]).current_dir(checkout);
    // Of the make that runs these tests.
    make.env_remove("MAKEFLAGS").env_remove("MAKELEVEL").env_remove("MFLAGS");
    let text = run(&mut make);
    let _ = std::fs::write(aws.folder.join("deploy.log"), &text);
    assert!(text.contains("OutputKey"), "{text}");
    println!("make deploy ENV=dev {parameters}: {} s", start.elapsed().as_secs());
}

/// What the operator's program answers.
pub fn latchkey(aws: &Aws, arguments: &[&str]) -> Value {
    let text = run(aws.command(program("latchkey")).args(["--stack", STACK, "--json"]).args(arguments));
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"))
}

/// What a program prints; it must succeed.
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}\n{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// An API's address by path: not every resolver takes `<api>.execute-api.localhost`, which the output names, for loopback.
fn by_path(aws: &Aws, url: &str) -> String {
    let api = url.split_once("//").unwrap().1.split('.').next().unwrap();
    format!("{}/_aws/execute-api/{api}", aws.endpoint)
}

pub fn outputs(aws: &Aws) -> BTreeMap<String, String> {
    let stacks = aws.call("cloudformation", "describe_stacks", json!({ "StackName": STACK }));
    let text = |output: &Value, name: &str| output[name].as_str().unwrap().to_owned();
    let outputs = stacks["Stacks"][0]["Outputs"].as_array().unwrap();
    outputs.iter().map(|output| (text(output, "OutputKey"), text(output, "OutputValue"))).collect()
}

/// Every resource of the stack.
pub fn resources(aws: &Aws) -> Vec<Value> {
    let answer = aws.call("cloudformation", "list_stack_resources", json!({ "StackName": STACK }));
    answer["StackResourceSummaries"].as_array().unwrap().clone()
}

fn database(endpoint: &str) -> aws_sdk_dynamodb::Client {
    let config = aws_sdk_dynamodb::Config::builder().behavior_version_latest().endpoint_url(endpoint).region(Region::new(REGION));
    let config = config.credentials_provider(Credentials::new("test", "test", None, None, "operator"));
    aws_sdk_dynamodb::Client::from_conf(config.http_client(aws_smithy_http_client::Builder::new().build_http()).build())
}

/// The bytes of a function's program, as they were built.
pub fn bootstraps() -> Vec<std::path::PathBuf> {
    let folders = std::fs::read_dir(root().join("functions")).unwrap().map(|entry| entry.unwrap().file_name());
    folders.map(|name| root().join("target/lambda").join(name).join("bootstrap")).filter(|path| Path::exists(path)).collect()
}
