//! An AWS on this machine: ministack, which runs our binaries as Lambda does and gives each the credentials of its role.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::house::root;
use crate::stack::python::python;

pub const REGION: &str = "eu-central-1";
pub const ACCOUNT: &str = "000000000000";

/// What would lead to the account of whoever runs the tests.
const FOREIGN: [&str; 5] = ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "LATCHKEY_STACK"];

const PATIENCE: Duration = Duration::from_secs(60);

/// A running AWS; dropped, it ends with all that it has started.
pub struct Aws {
    pub endpoint: String,
    pub folder: PathBuf,
    server: Child,
    caller: Mutex<Caller>,
}

/// The program that calls it.
struct Caller {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Aws {
    /// Starts an empty one on a free port of loopback, with its state in a folder of its own.
    pub fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("latchkey-deploy-{}", uuid::Uuid::new_v4()));
        for name in ["state", "s3", "tmp"] {
            std::fs::create_dir_all(folder.join(name)).unwrap();
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let endpoint = format!("http://127.0.0.1:{port}");
        let python = python("ministack-venv", "tests/deploy/requirements.txt");
        let server = serve(&python, &folder, port, &endpoint);
        let mut process = Command::new(&python);
        let process = process.arg(root().join("tests/deploy/client.py")).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = account(process, &endpoint).spawn().unwrap();
        let (requests, answers) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
        let aws = Self { endpoint, folder, server, caller: Mutex::new(Caller { process, requests, answers }) };
        let started = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < PATIENCE, "{}", aws.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        aws
    }

    /// What an operation of a service answers.
    ///
    /// # Errors
    /// What it refuses with.
    pub fn try_call(&self, service: &str, operation: &str, parameters: Value) -> Result<Value, String> {
        let mut caller = self.caller.lock().unwrap();
        let request = json!({ "service": service, "operation": operation, "parameters": parameters });
        writeln!(caller.requests, "{request}").unwrap();
        let mut line = String::new();
        caller.answers.read_line(&mut line).unwrap();
        let mut reply: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{service} {operation}: {line}"));
        match reply.get_mut("answer") {
            Some(answer) => Ok(answer.take()),
            None => Err(reply["error"].to_string()),
        }
    }

    /// The same, where it must not refuse.
    pub fn call(&self, service: &str, operation: &str, parameters: Value) -> Value {
        self.try_call(service, operation, parameters).unwrap_or_else(|error| panic!("{service} {operation}: {error}"))
    }

    /// `command` with this AWS as its account, and with nothing of the account of whoever runs the tests.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        account(&mut command, &self.endpoint);
        command
    }

    /// What the server has said.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Aws {
    fn drop(&mut self) {
        let mut caller = self.caller.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let _ = caller.process.kill();
        let _ = caller.process.wait();
        // The functions are in the server's group.
        let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", self.server.id())]).status();
        let _ = self.server.wait();
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

fn serve(python: &Path, folder: &Path, port: u16, endpoint: &str) -> Child {
    let log = std::fs::File::create(folder.join("log")).unwrap();
    let mut server = Command::new(python);
    server.arg(root().join("tests/deploy/emulator.py")).env_clear().process_group(0);
    // Its functions get the server's variables: none but these.
    let path = std::env::var_os("PATH").unwrap();
    server.env("PATH", path).env("HOME", folder).env("TMPDIR", folder.join("tmp"));
    server.env("STATE_DIR", folder.join("state")).env("S3_DATA_DIR", folder.join("s3"));
    server.envs([("BIND_HOST", "127.0.0.1"), ("GATEWAY_PORT", &port.to_string())]);
    // AUTH: a function gets the credentials of its role, and what the role does not allow is refused.
    server.envs([("LAMBDA_EXECUTOR", "local"), ("AUTH", "true"), ("CLOUDTRAIL_RECORDING", "1"), ("CLOUDTRAIL_MAX_EVENTS", "1000000")]);
    server.envs([("MINISTACK_REGION", REGION), ("MINISTACK_ACCOUNT_ID", ACCOUNT)]);
    account(&mut server, endpoint).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap()
}

fn account<'c>(command: &'c mut Command, endpoint: &str) -> &'c mut Command {
    for name in FOREIGN {
        command.env_remove(name);
    }
    command.envs(environment(endpoint)).envs([
        ("SAM_CLI_TELEMETRY", "0"),
        ("NO_PROXY", "127.0.0.1,localhost"),
        ("no_proxy", "127.0.0.1,localhost"),
    ])
}

/// Variables by which a program takes this AWS for its account.
pub fn environment(endpoint: &str) -> Vec<(&'static str, String)> {
    let variables = [("AWS_ENDPOINT_URL", endpoint), ("AWS_REGION", REGION), ("AWS_DEFAULT_REGION", REGION)];
    let credentials = [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_EC2_METADATA_DISABLED", "true")];
    variables.into_iter().chain(credentials).map(|(name, value)| (name, value.to_owned())).collect()
}
