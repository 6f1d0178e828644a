//! What the containers run in and with: images, and a local stack's database, keys, demo user and mails.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use dynoxide::Database;
use latchkey::domain::SystemClock;
use latchkey::runtime::{ConsumerService, Environment, Setup};
use latchkey_local::console::Console;
use latchkey_local::data::{DataDirectory, write_private};
use latchkey_local::demo::DemoUser;
use latchkey_local::keys::KeyFiles;
use latchkey_local::sam::{self, Doors};
use latchkey_local::streams::Stream;
use latchkey_local::{demo, keys, tables, template};
use serde_json::json;
use tokio::net::TcpListener;

use crate::house::{self, root};
use crate::operations::Mailer;

/// What `make run` makes, but for the functions; dropped, it is gone, and so are the image and its containers.
pub struct ContainerHost {
    pub folder: PathBuf,
    pub data: DataDirectory,
    pub keys: KeyFiles,
    pub user: DemoUser,
    pub dynamodb: String,
    /// The processor that the functions were built for, as the template's parameter has it.
    pub architecture: &'static str,
    /// AWS's image with the way to the database, the keys and the mail.
    pub image: String,
}

impl ContainerHost {
    pub async fn prepare() -> Self {
        let architecture = architecture();
        fetch(&format!("public.ecr.aws/lambda/provided:al2023-{architecture}"));

        let name = format!("latchkey-sam-local-{}", uuid::Uuid::new_v4());
        let folder = std::env::temp_dir().join(&name);
        let data = DataDirectory::open(&folder.join(".local")).unwrap();
        let wanted = template::tables(house::template()).unwrap();
        let database = tables::open(&data.database()).unwrap();
        tables::create(&database, &wanted).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let dynamodb = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(tables::serve(database.clone(), listener));
        let user = demo::ensure(&data.demo()).unwrap();
        demo::insert(&user, &dynamodb, &wanted).await.unwrap();
        let keys = keys::ensure(&data.keys()).unwrap();
        let doors = Doors::open().await.unwrap();
        sam::write(&data, &keys, &wanted, &doors).unwrap();
        tokio::spawn(doors.serve(database.clone(), keys.clone(), data.mail()));
        send_mails(database, &dynamodb, &keys, &data).await;

        build(&name, &data.sam_image(), architecture);
        Self { folder, data, keys, user, dynamodb, architecture, image: name }
    }

    /// Says in `stack.json`, as a local stack does, where the API answers and who may log in.
    pub fn tell(&self, url: &str) {
        let stack = json!({ "url": url, "username": self.user.username, "password": self.user.password });
        write_private(&self.data.stack(), &stack.to_string()).unwrap();
    }

    /// `sam local` with what every call of it takes here; without the AWS account of whoever runs the tests.
    pub fn sam_local(&self, subcommand: &str) -> Command {
        let mut sam = Command::new("sam");
        sam.args(["local", subcommand, "--skip-pull-image", "--invoke-image", &self.image, "--env-vars"]).arg(self.data.sam());
        sam.current_dir(root());
        for name in ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
            sam.env_remove(name);
        }
        sam.envs([("AWS_ACCESS_KEY_ID", "local"), ("AWS_SECRET_ACCESS_KEY", "local"), ("AWS_DEFAULT_REGION", "eu-central-1")]);
        sam.env("SAM_CLI_TELEMETRY", "0").stdin(Stdio::null());
        sam
    }

    /// The value for `--parameter-overrides`; the rest has a default, or is no matter here.
    pub fn parameters(&self) -> String {
        format!("Architecture={}", self.architecture)
    }
}

impl Drop for ContainerHost {
    fn drop(&mut self) {
        let images = [format!("{}:latest", self.image), format!("{}:rapid-{}", self.image, self.architecture)];
        for image in images {
            let left = docker(&["ps", "--all", "--quiet", "--filter", &format!("ancestor={image}")]).unwrap_or_default();
            for container in left.lines() {
                let _ = docker(&["rm", "--force", "--volumes", container]);
            }
            let _ = docker(&["image", "rm", &image]);
        }
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// `sam local` follows no stream: what invokes the mailer in AWS and under `make run` does so here, with the mailer in this process.
async fn send_mails(database: Database, dynamodb: &str, keys: &KeyFiles, data: &DataDirectory) {
    let environment = Environment::from([
        ("AWS_REGION", "local"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb),
        ("USERS_TABLE", "latchkey-users"),
        ("TOKENS_TABLE", "latchkey-tokens"),
        ("ISSUER", sam::START_API),
        ("TOKEN_KEYS", &format!("file:{}", keys.token.display())),
        ("MAIL_FROM", "latchkey@example.com"),
        ("MAIL_TRANSPORT", &format!("directory:{}", data.mail().display())),
    ]);
    let setup = Setup::new(environment, Arc::new(SystemClock), None).unwrap();
    let mailer = Arc::new(ConsumerService::<Mailer>::start(&setup).await.unwrap());
    let stream = Stream::new(database, template::event_sources(house::template()).unwrap().remove(0), None);
    tokio::spawn(stream.follow(data.stream("tokens"), Console::default(), move |event| {
        let mailer = mailer.clone();
        async move { mailer.call(serde_json::from_slice(&event).ok()?, "lambda-1").await.ok() }
    }));
}

/// Of the binary itself: the two bytes of its ELF header that name the processor.
fn architecture() -> &'static str {
    let path = root().join("target/lambda/jwks/bootstrap");
    let binary = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}. `make build` makes it.", path.display()));
    match binary.get(18..20) {
        Some([0x3e, 0]) => "x86_64",
        Some([0xb7, 0]) => "arm64",
        _ => panic!("{} is no program for Lambda", path.display()),
    }
}

fn fetch(image: &str) {
    if docker(&["image", "inspect", image]).is_none() {
        println!("fetching {image}");
        assert!(docker(&["pull", "--quiet", image]).is_some(), "{image} is not there and can't be fetched");
    }
}

fn build(name: &str, dockerfile: &Path, architecture: &str) {
    let build = ["build", "--quiet", "--tag", name, "--build-arg", &format!("ARCHITECTURE={architecture}"), "-"];
    let [stdin, stdout, stderr] = [Stdio::piped(), Stdio::null(), Stdio::piped()];
    let mut docker = Command::new("docker").args(build).stdin(stdin).stdout(stdout).stderr(stderr).spawn().unwrap();
    docker.stdin.take().unwrap().write_all(&std::fs::read(dockerfile).unwrap()).unwrap();
    let output = docker.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What Docker answers; nothing if it refuses.
fn docker(arguments: &[&str]) -> Option<String> {
    let output = Command::new("docker").args(arguments).output().unwrap_or_else(|error| panic!("docker: {error}"));
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
