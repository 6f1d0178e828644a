//! The stack from its start to its end. Imports all of [`crate`].

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use dynoxide::Database;
use latchkey_runtime_api::Host;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;

use crate::console::Console;
use crate::data::{DataDirectory, remove, write_private};
use crate::demo::DemoUser;
use crate::docs::{self, Docs};
use crate::environment::{StackResources, Variables, inherited, variables};
use crate::functions::Functions;
use crate::gateway::{self, Cors, Gateway, Limiter};
use crate::installation::Installation;
use crate::lambda::{Invoke, Lambda};
use crate::sources::Sources;
use crate::streams::{self, Stream};
use crate::template::{EventSource, Route, Template};
use crate::{demo, keys, mail, page, sam, secrets_manager, tables, template, tour};

/// How to start the stack.
#[derive(Clone, Debug)]
pub struct Options {
    /// Port of the HTTP API.
    pub port: u16,
    /// Port of the embedded DynamoDB; 0 is a free one.
    pub dynamodb_port: u16,
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// Whether Docker's containers are to reach the database, the keys and the mail, as those of `sam local` must.
    pub containers: bool,
    /// Processes of each function at most.
    pub concurrency: u16,
    /// Whether functions are built again when their source changes.
    pub watch: bool,
    /// Whether the gateway holds the routes to the template's limits.
    pub limits: bool,
    /// The template's parameter `SelfService`.
    pub self_service: String,
    /// The page that links in mails lead to; absent, it is the sample page, which the stack serves.
    pub app_url: Option<String>,
    /// The origins whose pages may call, as `CorsOrigins` has them; `http://localhost:*` is any port.
    pub cors_origins: Vec<String>,
    /// What the console is read by.
    pub console: Console,
}

/// What answers requests and what it holds; not the functions' processes.
struct Stack {
    data: DataDirectory,
    installation: Installation,
    url: String,
    app_url: String,
    dynamodb: String,
    routes: Vec<Route>,
    limits: bool,
    cors: Cors,
    console: Console,
    database: Database,
    event_sources: Vec<EventSource>,
    tables: Vec<template::Table>,
    keys: keys::KeyFiles,
    user: DemoUser,
}

/// Runs the stack until it is told to stop, which is success.
///
/// # Errors
/// If something that it needs is missing or ends, in a sentence that says what to do.
pub async fn run(options: Options) -> Result<()> {
    let mut told_to_stop = pin!(told_to_stop()?);
    let (console, host) = (options.console, Host::new()?);
    let gateway = listen(options.port).await?;
    let Prepared { stack, functions, environment, timeouts } = prepare(&options, &gateway, &host).await?;
    let mut sources = Sources::new(functions.installation.root());
    let watch = options.watch && functions.installation.has_sources();

    let built = tokio::select! {
        built = functions.build() => built?,
        () = &mut told_to_stop => return Ok(()),
    };
    let built = built.context("The functions do not build. The lines above say why.")?;

    let lambda = Arc::new(Lambda::new(&host, &built, environment, options.concurrency, &timeouts, console));
    let mut serving = pin!(stack.serve(gateway, lambda.clone()));
    let ended = loop {
        tokio::select! {
            ended = &mut serving => break ended,
            rebuilt = functions.rebuilt(&mut sources), if watch => match rebuilt {
                Ok(binaries) => lambda.replace(&binaries),
                Err(error) => break Err(error),
            },
            () = &mut told_to_stop => break Ok(()),
        }
        console.say("The functions are built again, and take the next requests.");
    };
    // First, or they would complain of what is gone.
    host.end();
    remove(&stack.data.stack())?;
    console.say("Stopped.");
    ended
}

/// What a start needs, made.
struct Prepared {
    stack: Stack,
    functions: Functions,
    environment: Variables,
    timeouts: BTreeMap<String, Duration>,
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

/// Makes what is not there yet: the data directory, the tables, the keys, the demo user.
async fn prepare(options: &Options, gateway: &TcpListener, host: &Host) -> Result<Prepared> {
    let installation = Installation::find()?;
    let template = Template::read(&installation.root().join("template.yaml"))?;
    // This is where everything is developed, so all is there unless it is wanted otherwise.
    let template = template.with(&[("WithAuthorizerSample", "true"), ("SelfService", &options.self_service)])?;
    let (routes, tables, event_sources) = (template::routes(&template)?, template::tables(&template)?, template::event_sources(&template)?);
    let data = DataDirectory::open(&options.data_dir)?;
    // Of a stack that was killed. Scripts wait for this one's.
    remove(&data.stack())?;

    let database = tables::open(&data.database())?;
    tables::create(&database, &tables)?;
    let keys = keys::ensure(&data.keys())?;
    let (dynamodb, secrets) = (listen(options.dynamodb_port).await?, listen(0).await?);
    let address = |listener: &TcpListener| Ok::<_, anyhow::Error>(format!("http://{}", listener.local_addr()?));
    let (url, dynamodb_url, secrets_url) = (address(gateway)?, address(&dynamodb)?, address(&secrets)?);
    tokio::spawn(tables::serve(database.clone(), dynamodb));
    tokio::spawn(secrets_manager::serve(secrets, keys.clone()));
    if options.containers {
        let doors = sam::Doors::open().await?;
        sam::write(&data, &keys, &tables, &doors)?;
        tokio::spawn(doors.serve(database.clone(), keys.clone(), data.mail()));
    }
    let user = demo::ensure(&data.demo())?;
    demo::insert(&user, &dynamodb_url, &tables).await?;

    let app_url = match &options.app_url {
        Some(url) => url.clone(),
        None => serve_page(gateway.local_addr()?.port(), installation.root(), &url).await?,
    };
    let mail = data.mail();
    let resources = StackResources {
        url: &url,
        app_url: &app_url,
        dynamodb: &dynamodb_url,
        secrets_manager: &secrets_url,
        tables: &tables,
        keys: &keys,
        mail: &mail,
    };
    let environment = [inherited(), variables(&resources)].concat();
    let (limits, console) = (options.limits, options.console);
    let cors = Cors::new(options.cors_origins.clone(), template::cors(&template)?);
    let functions =
        Functions { installation: installation.clone(), operations: template::functions(&template), host: host.clone(), console };
    let stack = Stack {
        data,
        installation,
        url,
        app_url,
        dynamodb: dynamodb_url,
        routes,
        limits,
        cors,
        console,
        database,
        event_sources,
        tables,
        keys,
        user,
    };
    Ok(Prepared { stack, functions, environment, timeouts: template::timeouts(&template) })
}

impl Stack {
    /// Says that it serves requests, and does so; a function starts at its first. Never returns but with an error.
    async fn serve(&self, listener: TcpListener, lambda: Arc<Lambda>) -> Result<()> {
        let authority = listener.local_addr()?.to_string();
        let gateway = Gateway::new(self.routes.clone(), lambda.clone(), authority, self.console);
        let mut gateway = gateway.open_to(self.cors.clone());
        if self.limits {
            gateway = gateway.limited_by(Limiter::new(&self.routes));
        }
        let docs = Docs { installation: self.installation.clone(), demo: self.user.clone() };
        let serving = tokio::spawn(gateway::serve(listener, gateway::app(gateway).merge(docs::router(docs))));
        let announcing = tokio::spawn(mail::announce(self.data.mail(), self.console));
        let mut following = self.follow(&lambda)?;
        let description = self.description();
        write_private(&self.data.stack(), &format!("{description:#}\n"))?;
        self.console.report("ready", &self.greeting(), || description);
        tokio::select! {
            ended = serving => ended??,
            ended = announcing => ended?,
            Some(ended) = following.join_next() => ended??,
        }
        bail!("The gateway has ended")
    }

    /// Hands the records of each stream to its function; ends when it is dropped.
    fn follow(&self, lambda: &Arc<Lambda>) -> Result<JoinSet<Result<()>>> {
        let mut following = JoinSet::new();
        for source in self.event_sources.clone() {
            let (lambda, function, file) = (lambda.clone(), source.function.clone(), self.data.stream(&source.table));
            let stream = Stream::new(self.database.clone(), source, streams::position(&file)?);
            let console = self.console;
            following.spawn(stream.follow(file, console, move |event| {
                let (lambda, function) = (lambda.clone(), function.clone());
                async move {
                    let answered = lambda.invoke(&function, event).await;
                    let answer = answered.inspect_err(|error| console.say(format!("{function}: {error}"))).ok()?;
                    serde_json::from_slice(&answer).ok()
                }
            }));
        }
        Ok(following)
    }

    /// What `stack.json` says: to scripts, and to the operator's program.
    fn description(&self) -> serde_json::Value {
        let tables: serde_json::Map<_, _> = self.tables.iter().map(|table| (table.stem.clone(), tables::name(table).into())).collect();
        json!({
            "url": self.url,
            "app_url": self.app_url,
            "username": self.user.username,
            "password": self.user.password,
            "dynamodb": self.dynamodb,
            "tables": tables,
            "keys": { "signing": self.keys.signing, "verification": self.keys.verification, "token": self.keys.token },
        })
    }

    fn greeting(&self) -> String {
        let Self { url, app_url, dynamodb, user: DemoUser { username, password }, .. } = self;
        let [mail, stack] = [self.data.mail(), self.data.stack()].map(|path| path.display().to_string());
        let first_call = tour::first_call(url, username, password);
        format!(
            "\nLatchkey answers at {url}\n\n  user name    {username}\n  password     {password}\n  docs         {url}/docs\n  \
             accounts     {app_url}\n  DynamoDB     {dynamodb}\n  mails        {mail}\n  for scripts  {stack}\n\n\
             Try it in another terminal:\n\n  {first_call}\n\ndocs/tour.md goes on from there.\n\n\
             Ctrl-C stops it. What it holds is kept for the next start.\n"
        )
    }
}

/// Serves the sample page to go with the API on `port` and at `api`, and gives its address: a hundred ports on, so that it is the same at
/// each start, or wherever one is free.
async fn serve_page(port: u16, root: &Path, api: &str) -> Result<String> {
    let wanted = TcpListener::bind((Ipv4Addr::LOCALHOST, port.saturating_add(100))).await;
    let listener = match wanted {
        Ok(listener) => listener,
        Err(_) => listen(0).await?,
    };
    // Not 127.0.0.1, whose pages may not call by default.
    let url = format!("http://localhost:{}/", listener.local_addr()?.port());
    let (root, api) = (root.to_owned(), api.to_owned());
    tokio::spawn(async move { page::serve(listener, &root, &api).await });
    Ok(url)
}

async fn listen(port: u16) -> Result<TcpListener> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            bail!("Port {port} is taken. Stop the program that listens there, or choose another port: --port 9001, or make run PORT=9001")
        }
        Err(error) => Err(error).with_context(|| format!("Port {port} can't be listened on")),
    }
}
