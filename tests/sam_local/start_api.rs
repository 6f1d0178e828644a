//! `sam local start-api`: an HTTP API in front of the containers.

use std::net::TcpListener;
use std::ops::Deref;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use latchkey::store::Tables;

use super::container::ContainerHost;
use crate::house::plain_client;
use crate::stack::http::Client;
use crate::stack::people::pause;
use crate::stack::site::Site;

/// How long the start may take: sam makes an image of its own first.
const PATIENCE: Duration = Duration::from_secs(180);

/// How long sam may take to end its containers.
const END_WITHIN: Duration = Duration::from_secs(60);

/// A running API; dropped, it is stopped with its containers.
pub struct Api<'s> {
    site: Site,
    process: Child,
    host: &'s ContainerHost,
}

impl Deref for Api<'_> {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.site
    }
}

impl<'s> Api<'s> {
    /// Starts it on a free port, and waits until a function answers.
    pub async fn start(host: &'s ContainerHost) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("http://127.0.0.1:{port}");
        host.tell(&url);
        let log = std::fs::File::create(host.folder.join("log")).unwrap();
        let mut sam = host.sam_local("start-api");
        sam.args(["--port", &port.to_string(), "--parameter-overrides", &host.parameters()]);
        // A container stays for the next request, as in AWS.
        sam.args(["--warm-containers", "LAZY", "--no-watch"]);
        let process = sam.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let site = Site {
            http: Client::new(&url),
            url,
            issuer: latchkey_local::sam::START_API.to_owned(),
            username: host.user.username.clone(),
            password: host.user.password.clone(),
            database: plain_client(&host.dynamodb),
            tables: Tables { users: "latchkey-users".into(), tokens: "latchkey-tokens".into(), sessions: "latchkey-sessions".into() },
            folder: host.folder.clone(),
            environment: Vec::new(),
        };
        let mut api = Self { site, process, host };
        api.wait().await;
        api
    }

    async fn wait(&mut self) {
        let started = Instant::now();
        loop {
            let reply = self.http.send("GET", "/.well-known/jwks.json", &[], "").await;
            if reply.is_some_and(|reply| reply.status == 200) {
                return;
            }
            let ended = self.process.try_wait().unwrap();
            assert!(ended.is_none() && started.elapsed() < PATIENCE, "{}", self.log());
            pause(Duration::from_millis(200)).await;
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.host.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Api<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{}", self.log());
        }
        // Not SIGINT, which a test that runs in a shell's background was told to ignore, and sam after it.
        let _ = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status();
        let asked = Instant::now();
        while asked.elapsed() < END_WITHIN && matches!(self.process.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(100));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
