//! The stack from its start to its end. Imports all of [`crate`].

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::pin::pin;
use std::process::Stdio;
use std::time::Duration;
use std::{env, fs};

use anyhow::{Context, Result, anyhow, bail, ensure};
use dynoxide::Database;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::interval;

use crate::console::say;
use crate::data::{DataDirectory, remove, write_private};
use crate::demo::DemoUser;
use crate::environment::{REMOVED, Surroundings, variables};
use crate::gateway::{self, Gateway};
use crate::keys::KeyFiles;
use crate::lambda::Lambda;
use crate::processes::Guarded;
use crate::template::{Route, Table, Template, routes, tables as tables_of};
use crate::{demo, keys, mail, ready, tables, tour};

/// DynamoDB takes hours for it; nothing may depend on when.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// How to start the stack.
#[derive(Clone, Debug)]
pub struct Options {
    /// Port of the HTTP API.
    pub port: u16,
    /// Port of `cargo lambda watch`; 0 is a free one.
    pub lambda_port: u16,
    /// Port of the embedded DynamoDB; 0 is a free one.
    pub dynamodb_port: u16,
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// Processes of each function at most.
    pub concurrency: u16,
    /// Whether functions start again when their source changes.
    pub watch: bool,
}

/// Everything but the functions' processes.
struct Stack {
    root: PathBuf,
    data: DataDirectory,
    url: String,
    dynamodb: String,
    lambda: SocketAddr,
    routes: Vec<Route>,
    tables: Vec<Table>,
    keys: KeyFiles,
    user: DemoUser,
    gateway: TcpListener,
}

/// Runs the stack until it is told to stop, which is success.
///
/// # Errors
/// If something that it needs is missing or ends, in a sentence that says what to do.
pub async fn run(options: Options) -> Result<()> {
    let mut told_to_stop = pin!(told_to_stop()?);
    let stack = Stack::prepare(&options).await?;

    let mut build = stack.build()?;
    let built = tokio::select! {
        status = build.ended() => Some(status?),
        () = &mut told_to_stop => None,
    };
    match built {
        Some(status) => ensure!(status.success(), "The functions do not build. The lines above say why."),
        None => return stopped(build).await,
    }

    let mut watch = stack.watch(&options)?;
    let remove_stack_json = stack.data.stack();
    let outcome = tokio::select! {
        Err(error) = stack.serve() => Err(error),
        status = watch.ended() => Err(anyhow!("cargo lambda watch has ended ({}). The lines above say why.", status?)),
        () = &mut told_to_stop => Ok(()),
    };
    remove(&remove_stack_json)?;
    stopped(watch).await.and(outcome)
}

async fn stopped(process: Guarded) -> Result<()> {
    process.stop().await;
    say("Stopped.");
    Ok(())
}

/// Ctrl-C, `kill`, or a terminal that is closed.
fn told_to_stop() -> Result<impl Future<Output = ()>> {
    let [mut interrupt, mut terminate, mut hangup] =
        [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, signal(SignalKind::hangup())?];
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    })
}

impl Stack {
    async fn prepare(options: &Options) -> Result<Self> {
        let root = env::current_dir()?;
        let template = Template::read(&root.join("template.yaml")).context("Run this in the project's root")?;
        ensure!(has_cargo_lambda().await, "`cargo lambda` is missing. `make run` gets it into .venv and starts this with it.");
        let gateway = listen(options.port).await?;
        let url = format!("http://{}", gateway.local_addr()?);
        let data = DataDirectory::open(&options.data_dir)?;
        // Of a stack that was killed. Scripts wait for this one's.
        remove(&data.stack())?;

        let tables = tables_of(&template)?;
        let database = tables::open(&data.database())?;
        tables::create(&database, &tables)?;
        let dynamodb = serve_database(database, options.dynamodb_port).await?;

        let keys = keys::ensure(&data.keys())?;
        let user = demo::ensure(&data.demo())?;
        let lambda = match options.lambda_port {
            0 => listen(0).await?.local_addr()?,
            port => listen(port).await?.local_addr()?,
        };
        let routes = routes(&template)?;
        let stack = Self { root, data, url, dynamodb, lambda, routes, tables, keys, user, gateway };
        demo::insert(&stack.user, &stack.surroundings(&stack.data.mail())).await?;
        Ok(stack)
    }

    fn surroundings<'s>(&'s self, mail: &'s std::path::Path) -> Surroundings<'s> {
        Surroundings { url: &self.url, dynamodb: &self.dynamodb, tables: &self.tables, keys: &self.keys, mail }
    }

    fn operations(&self) -> BTreeSet<&str> {
        self.routes.iter().map(|route| route.operation.as_str()).collect()
    }

    /// Builds all functions at once, which `cargo lambda watch` would do one after the other at their first requests.
    ///
    /// The arguments choose what its `cargo run` chooses: with other ones cargo would build the libraries twice.
    fn build(&self) -> Result<Guarded> {
        say("Building the functions. The first time takes a few minutes.");
        let mut command: Vec<&OsStr> = vec!["cargo".as_ref(), "build".as_ref()];
        for operation in self.operations() {
            command.extend::<[&OsStr; 2]>(["--bin".as_ref(), operation.as_ref()]);
        }
        Guarded::start(&command, &self.root, &[], &[])
    }

    fn watch(&self, options: &Options) -> Result<Guarded> {
        say(format!("Starting {} functions.", self.operations().len()));
        let (port, concurrency) = (self.lambda.port().to_string(), options.concurrency.to_string());
        let mut command = vec!["cargo", "lambda", "watch", "--quiet", "--disable-cors"];
        command.extend(["--invoke-address", "127.0.0.1", "--invoke-port", &port, "--concurrency", &concurrency]);
        if !options.watch {
            command.push("--ignore-changes");
        }
        let command: Vec<&OsStr> = command.into_iter().map(OsStr::new).collect();

        let mail = self.data.mail();
        let mut environment = variables(&self.surroundings(&mail));
        // Its own log, which says of every process that it starts. The functions read LOG_LEVEL.
        environment.push((OsString::from("RUST_LOG"), OsString::from("warn")));
        Guarded::start(&command, &self.root, &environment, &REMOVED)
    }

    /// Serves requests, and says so when the functions answer; never returns but with an error.
    async fn serve(self) -> Result<()> {
        let lambda = Lambda::new(self.lambda, self.operations());
        let authority = self.gateway.local_addr()?.to_string();
        let gateway = Gateway::new(self.routes.clone(), lambda, authority);
        let mut serving = tokio::spawn(gateway::serve(self.gateway, gateway));
        let announcing = tokio::spawn(mail::announce(self.data.mail()));

        tokio::select! {
            answered = ready::wait(&self.routes, self.lambda, &self.url) => answered?,
            ended = &mut serving => ended??,
        }
        let stack = json!({ "url": self.url, "username": self.user.username, "password": self.user.password, "dynamodb": self.dynamodb });
        write_private(&self.data.stack(), &format!("{stack:#}\n"))?;
        say(greeting(&self.url, &self.dynamodb, &self.user, &self.data));
        tokio::select! {
            ended = &mut serving => ended??,
            ended = announcing => ended?,
        }
        bail!("The gateway has ended")
    }
}

fn greeting(url: &str, dynamodb: &str, user: &DemoUser, data: &DataDirectory) -> String {
    let readme = fs::read_to_string("README.md").unwrap_or_default();
    let tour = tour::tour(&readme, url).map(|tour| format!("\nA tour, to paste into another terminal:\n\n{tour}\n")).unwrap_or_default();
    format!(
        "\nLatchkey answers at {url}\n\n  user name   {}\n  password    {}\n  DynamoDB    {dynamodb}\n  mails       {}\n  for scripts {}\n{tour}\nCtrl-C stops it. What it holds is kept for the next start.\n",
        user.username,
        user.password,
        data.mail().display(),
        data.stack().display(),
    )
}

async fn has_cargo_lambda() -> bool {
    let mut command = Command::new("cargo");
    command.args(["lambda", "--version"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().await.is_ok_and(|status| status.success())
}

async fn listen(port: u16) -> Result<TcpListener> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            bail!("Port {port} is taken. Stop the program that listens there, or choose another port: make run PORT=9001")
        }
        Err(error) => Err(error).with_context(|| format!("Port {port} can't be listened on")),
    }
}

/// Serves `database` on loopback and sweeps it; its address.
async fn serve_database(database: Database, port: u16) -> Result<String> {
    let listener = listen(port).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let swept = database.clone();
    tokio::spawn(async move {
        let mut ticks = interval(SWEEP_EVERY);
        loop {
            ticks.tick().await;
            let database = swept.clone();
            let _ = tokio::task::spawn_blocking(move || database.sweep_ttl()).await;
        }
    });
    tokio::spawn(dynoxide::server::serve_on(listener, database));
    Ok(url)
}
