//! What to start: a function's binary with its variables.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};

/// A function as it is started. Each [`Process`](crate::Process) of it is alike.
#[derive(Debug)]
pub struct Program {
    name: String,
    path: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    memory_mb: u32,
    output: Output,
}

/// Where a process's standard output and error go.
#[derive(Default)]
pub enum Output {
    /// Where the host's go.
    #[default]
    Inherit,
    /// Nowhere.
    Discard,
    /// To a file, at the file's current end if it was opened to append.
    File(File),
    /// To whoever takes each line, without its end. What is not UTF-8 is replaced.
    Lines(Arc<dyn Fn(&str) + Send + Sync>),
}

impl fmt::Debug for Output {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Inherit => "Inherit",
            Self::Discard => "Discard",
            Self::File(_) => "File",
            Self::Lines(_) => "Lines",
        })
    }
}

impl Output {
    /// Hands on what `child` writes, where somebody takes its lines, until it has ended.
    pub(crate) fn follow(&self, child: &mut Child) {
        if let Self::Lines(take) = self {
            if let Some(out) = child.stdout.take() {
                tokio::spawn(read_lines(out, Arc::clone(take)));
            }
            if let Some(err) = child.stderr.take() {
                tokio::spawn(read_lines(err, Arc::clone(take)));
            }
        }
    }
}

async fn read_lines(source: impl AsyncRead + Unpin, take: Arc<dyn Fn(&str) + Send + Sync>) {
    let (mut source, mut line) = (BufReader::new(source), Vec::new());
    while source.read_until(b'\n', &mut line).await.is_ok_and(|read| read > 0) {
        take(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
}

impl Program {
    /// The function `name` whose binary is `path`.
    pub fn new(name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        Self {
            name: name.into(),
            path: path.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            memory_mb: 512,
            output: Output::Inherit,
        }
    }

    /// Adds an argument of the binary; Lambda gives none.
    #[must_use]
    pub fn argument(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds variables to those that Lambda sets. The process inherits none of the host's.
    #[must_use]
    pub fn environment<N: Into<OsString>, V: Into<OsString>>(mut self, variables: impl IntoIterator<Item = (N, V)>) -> Self {
        self.environment.extend(variables.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// What `AWS_LAMBDA_FUNCTION_MEMORY_SIZE` says, in MB; 512 by default. Nothing enforces it.
    #[must_use]
    pub fn memory_mb(mut self, memory_mb: u32) -> Self {
        self.memory_mb = memory_mb;
        self
    }

    /// Where the logs go.
    #[must_use]
    pub fn output(mut self, output: Output) -> Self {
        self.output = output;
        self
    }

    /// The function's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its processes' output goes.
    pub(crate) fn outlet(&self) -> &Output {
        &self.output
    }

    /// The ARN by which a function is told its own name.
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:lambda:local:000000000000:function:{}", self.name)
    }

    /// The command of a process whose Runtime API is at `address`.
    pub(crate) fn command(&self, address: SocketAddr) -> io::Result<Command> {
        let mut command = Command::new(&self.path);
        command.args(&self.arguments).stdin(Stdio::null());
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin")
            .env("LANG", "en_US.UTF-8")
            .env("TZ", ":UTC")
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", &self.name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", self.memory_mb.to_string())
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", self.name))
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "local")
            .env("_HANDLER", "bootstrap")
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        match &self.output {
            Output::Inherit => {}
            Output::Discard => _ = command.stdout(Stdio::null()).stderr(Stdio::null()),
            Output::File(file) => _ = command.stdout(file.try_clone()?).stderr(file.try_clone()?),
            Output::Lines(_) => _ = command.stdout(Stdio::piped()).stderr(Stdio::piped()),
        }
        Ok(command)
    }
}
