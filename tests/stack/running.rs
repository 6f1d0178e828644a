//! A local stack in a folder of its own.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use latchkey::store::Tables;
use serde_json::Value;

use super::http::Client;
use super::site::Site;
use crate::house::{plain_client, root};

/// How long a start may take; the functions may have to be built.
const PATIENCE: Duration = Duration::from_secs(1800);

/// How often the functions read their key sets again.
pub const KEYS_REFRESH_SECONDS: u64 = 1;

/// How many attempts an address has, where every test comes from the same one.
const ADDRESS_ATTEMPTS: u32 = 1000;

/// A running stack; dropped, it is stopped.
pub struct Stack {
    site: Site,
    process: Child,
    port: u16,
    /// Variables of the functions, besides those that the stack gives them.
    variables: Vec<(&'static str, String)>,
    options: &'static [&'static str],
}

impl Deref for Stack {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.site
    }
}

impl Stack {
    /// Builds and starts a stack with an empty data directory, and waits until it answers. Its throttle of addresses is as wide
    /// as can be.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// The same with options of the program; with any, the throttle is as narrow as by default.
    pub async fn start_with(options: &'static [&'static str]) -> Self {
        let folder = std::env::temp_dir().join(format!("latchkey-stack-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&folder).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        build("latchkey");
        Self::start_in(folder, port, Vec::new(), options).await
    }

    async fn start_in(folder: PathBuf, port: u16, variables: Vec<(&'static str, String)>, options: &'static [&'static str]) -> Self {
        let mut process = spawn(&folder, port, &variables, options);
        let stack_json = folder.join(".local/stack.json");
        let started = Instant::now();
        // A stack that was killed leaves its file; the next one removes it before anything else and writes it at the end.
        let mut seen_absent = !stack_json.exists();
        let stack: Value = loop {
            assert!(process.try_wait().unwrap().is_none(), "{}", log(&folder));
            assert!(started.elapsed() < PATIENCE, "{}", log(&folder));
            seen_absent |= !stack_json.exists();
            match std::fs::read_to_string(&stack_json) {
                Ok(text) if seen_absent => break serde_json::from_str(&text).unwrap(),
                _ => tokio::time::timeout(Duration::from_millis(100), std::future::pending::<()>()).await.unwrap_err(),
            };
        };
        let text = |name: &str| stack[name].as_str().unwrap().to_owned();
        let url = text("url");
        let site = Site {
            http: Client::new(&url),
            issuer: url.clone(),
            url,
            username: text("username"),
            password: text("password"),
            database: plain_client(&text("dynamodb")),
            tables: Tables { users: "latchkey-users".into(), tokens: "latchkey-tokens".into(), sessions: "latchkey-sessions".into() },
            folder,
            environment: Vec::new(),
        };
        Self { site, process, port, variables, options }
    }

    /// Kills the stack as a power cut would, and starts it again on the same data.
    pub async fn kill_and_start_again(&mut self) {
        self.kill_and_start_again_with(self.variables.clone()).await;
    }

    /// The same, with other variables for the functions.
    pub async fn kill_and_start_again_with(&mut self, variables: Vec<(&'static str, String)>) {
        self.kill();
        let again = Self::start_in(self.folder.clone(), self.port, variables, self.options).await;
        *self = again;
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Kills the stack as a power cut would.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Stops the stack as Ctrl-C does, and checks that it says it is fine and listens no more.
    pub fn interrupt(&mut self) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        assert!(self.process.wait().unwrap().success(), "{}", log(&self.folder));
        assert!(std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err());
        assert!(!self.folder.join(".local/stack.json").exists());
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn spawn(folder: &Path, port: u16, variables: &[(&str, String)], options: &[&str]) -> Child {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.join("log")).unwrap();
    let mut command = Command::new(program("latchkey"));
    if options.is_empty() {
        command.env("ADDRESS_ATTEMPTS", ADDRESS_ATTEMPTS.to_string());
    }
    command
        .arg("dev")
        .args(options)
        .args(["--json", "--port", &port.to_string(), "--no-watch", "--data-dir"])
        .arg(folder.join(".local"))
        .current_dir(root())
        .env("KEYS_REFRESH_SECONDS", KEYS_REFRESH_SECONDS.to_string())
        .envs(variables.iter().cloned())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .stdin(Stdio::null())
        .spawn()
        .unwrap()
}

/// Builds a program, as `make run` does.
pub fn build(name: &str) {
    let build = Command::new("cargo").args(["build", "--bin", name]).current_dir(root()).status().unwrap();
    assert!(build.success());
}

/// A program of this workspace, as [`build`] has left it.
pub fn program(name: &str) -> PathBuf {
    std::env::current_exe().unwrap().parent().and_then(Path::parent).unwrap().join(name)
}

/// What the console has said so far: for a machine, and so all that the functions log.
pub fn log(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("log")).unwrap_or_default()
}
