//! Key sets that are rotated under load, with the operator's program: no request fails, and what was made before goes on being good
//! until its key is removed.

use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::clients::{self, Jwts};
use super::http::{Client, Response};
use super::people::{Member, moment, pause};
use super::running::{KEYS_REFRESH_SECONDS, Stack, program};
use super::rust;

/// Clients that work while the keys change, each for itself.
const CLIENTS: usize = 4;

/// For how long a key is known before it is used: two intervals, as the program's own default, and the second that a function which
/// tells time in whole seconds may lose.
const WAIT_SECONDS: u64 = 2 * KEYS_REFRESH_SECONDS + 1;

/// How far a process may be behind a change of its keys: it looks beside a request, and not more often than this.
const BEHIND: Duration = Duration::from_secs(2 * KEYS_REFRESH_SECONDS);

/// What a measured time may be longer because this machine is busy.
const SCHEDULING: Duration = Duration::from_secs(1);

/// What was made at one stage, and must be good while the keys of that stage are there.
#[derive(Clone)]
struct Witness {
    algorithm: String,
    credentials: [(&'static str, String); 4],
    one_time: String,
}

/// What the clients have done.
#[derive(Default)]
struct Load {
    stop: AtomicBool,
    /// Whether keys are about to be removed, and what was made under them ends.
    removal: AtomicBool,
    rounds: [AtomicUsize; CLIENTS],
    requests: AtomicUsize,
    kept: AtomicUsize,
    failures: Mutex<Vec<String>>,
}

pub async fn nothing_fails_while_keys_are_rotated(stack: &Stack) {
    let load = Arc::new(Load::default());
    let mut clients = Vec::new();
    for number in 0..CLIENTS {
        let member = stack.member().await;
        let kept = witness(stack, &member).await;
        clients.push(tokio::spawn(work(stack.http.clone(), member, kept, load.clone(), number)));
    }
    let member = stack.member().await;
    let mut witnesses = vec![witness(stack, &member).await];
    for algorithm in ["RS256", "EdDSA", "ES256"] {
        rotate(stack, &["signing", "--begin", "--algorithm", algorithm], "add-next").await;
        rotate(stack, &["tokens"], "add-next").await;
        all_are_good(stack, &member, &witnesses).await;
        rotate(stack, &["signing"], "promote").await;
        rotate(stack, &["tokens"], "promote").await;
        all_are_good(stack, &member, &witnesses).await;
        // A process that was idle for as long as this looks before it answers; any other one has looked since.
        pause(BEHIND).await;
        witnesses.push(witness(stack, &member).await);
        assert_eq!(witnesses.last().unwrap().algorithm, algorithm);
    }
    all_are_good(stack, &member, &witnesses).await;
    let jwts: Vec<_> = witnesses.iter().skip(1).map(Witness::jwts).collect();
    clients::others_verify(stack, &jwts);
    rust::it_verifies_under_every_key(stack, &jwts).await;
    for witness in &witnesses {
        let exchanged = stack.http.send("POST", &format!("/authentication-tokens/{}/exchange", witness.one_time), &[], "").await.unwrap();
        assert_eq!(exchanged.status, 201, "a one-time token outlives the step of its key to retired");
    }

    // No client may hold what was made under a key that goes now.
    load.removal.store(true, Ordering::SeqCst);
    two_rounds(&load).await;
    let current = witnesses.pop().unwrap();
    let mut longest = Duration::ZERO;
    for (number, witness) in (1..).zip(&witnesses) {
        let [login, session, key, entity_token] = &witness.credentials;
        rotate(stack, &["signing"], "remove").await;
        longest = longest.max(all_end(stack, &current, [login, session]).await);
        rotate(stack, &["tokens", "--remove", &number.to_string(), "--yes"], "remove").await;
        longest = longest.max(all_end(stack, &current, [key, entity_token]).await);
    }
    all_are_good(stack, &member, std::slice::from_ref(&current)).await;
    two_rounds(&load).await;
    load.stop.store(true, Ordering::SeqCst);
    for client in clients {
        client.await.unwrap();
    }

    let rounds: usize = load.rounds.iter().map(|rounds| rounds.load(Ordering::SeqCst)).sum();
    let [requests, kept] = [&load.requests, &load.kept].map(|count| count.load(Ordering::SeqCst));
    let failures = load.failures.lock().unwrap();
    println!("3 rotations of both key sets under {CLIENTS} clients: {rounds} rounds, {requests} requests, {} failed", failures.len());
    println!("what was made before the first was presented {kept} times until its key was removed, and was good each time");
    println!("after the removal of a key what was made under it was let through for at most {} ms", longest.as_millis());
    assert!(failures.is_empty(), "{:?}", failures.first());
    assert!(rounds > 2 * CLIENTS && kept > 2 * CLIENTS);
    assert!(longest <= BEHIND + SCHEDULING, "{longest:?}");
}

/// Waits until each client has done a round from its beginning to its end.
async fn two_rounds(load: &Load) {
    let counts = || load.rounds.iter().map(|rounds| rounds.load(Ordering::SeqCst)).collect::<Vec<_>>();
    let before = counts();
    while counts().iter().zip(&before).any(|(now, before)| *now < before + 2) && load.failures.lock().unwrap().is_empty() {
        moment().await;
    }
}

/// The next step, as soon as it may come.
async fn rotate(stack: &Stack, arguments: &[&str], step: &str) {
    let started = Instant::now();
    loop {
        let mut command = Command::new(program("latchkey"));
        command.arg(format!("--local={}", stack.folder.join(".local").display())).args(["--json", "keys", "rotate"]).args(arguments);
        command.args(["--wait-seconds", &WAIT_SECONDS.to_string()]).env_remove("LATCHKEY_STACK");
        if arguments.starts_with(&["signing"]) {
            command.args(["--max-life", "0"]);
        }
        let output = command.output().unwrap();
        if output.status.success() {
            let told: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(told["step"], step, "{told}");
            return;
        }
        let why = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(4) && started.elapsed() < Duration::from_secs(10), "{arguments:?}: {why}");
        moment().await;
    }
}

async fn witness(stack: &Stack, member: &Member) -> Witness {
    let login = stack.login(member).await;
    let key = stack.key(&login).await;
    let session = stack.session(&key, &format!("customer-{}", uuid::Uuid::new_v4()), json!({})).await.text("token");
    let entity_token = stack.entity_token(member, &login, &key, &format!("entity-{}", uuid::Uuid::new_v4()), json!({})).await;
    let one_time = stack.one_time_token(&key, &format!("customer-{}", uuid::Uuid::new_v4())).await.text("token");
    let algorithm = clients::algorithm(&login);
    assert_eq!(clients::algorithm(&session), algorithm, "both functions sign with the same key by now");
    let credentials = [("login", login), ("session", session), ("api-key", key), ("entity-token", entity_token)];
    Witness { algorithm, credentials, one_time }
}

impl Witness {
    fn jwts(&self) -> Jwts {
        let [(_, login), (_, session), ..] = &self.credentials;
        Jwts { algorithm: self.algorithm.clone(), login: login.clone(), session: session.clone() }
    }

    fn key(&self) -> &str {
        &self.credentials[2].1
    }
}

/// Whether all of these are good, for whoever asks with the oldest of them.
async fn all_are_good(stack: &Stack, member: &Member, witnesses: &[Witness]) {
    for witness in witnesses {
        for (kind, credential) in &witness.credentials {
            let introspected = stack.introspect(witnesses[0].key(), credential).await;
            assert_eq!((&introspected["active"], &introspected["kind"]), (&json!(true), &json!(kind)), "{}", witness.algorithm);
        }
        let [(_, login), ..] = &witness.credentials;
        let renewed = stack.http.send("GET", "/user/renew", &[("authorization", login)], "").await.unwrap();
        assert_eq!((renewed.status, &renewed.body["Id"]), (200, &json!(member.id)));
    }
}

/// Waits until none of these is good any more, whose key is gone; when the last was let through.
async fn all_end(stack: &Stack, current: &Witness, gone: [&(&str, String); 2]) -> Duration {
    let removed = Instant::now();
    let mut last = Duration::ZERO;
    // Some looks after nothing was let through any more: each process of a function has keys of its own.
    let mut quiet = 0;
    while quiet < 5 {
        let asked = gone.iter().cycle().take(8).map(async |(_, credential)| {
            let active = stack.introspect(current.key(), credential).await["active"] == true;
            (active, removed.elapsed())
        });
        let passed: Vec<_> = join_all(asked).await.into_iter().filter(|(active, _)| *active).map(|(_, at)| at).collect();
        last = passed.iter().copied().fold(last, Duration::max);
        quiet = if passed.is_empty() { quiet + 1 } else { 0 };
        assert!(removed.elapsed() < Duration::from_secs(30), "{}: a removed key is still good", gone[0].0);
        moment().await;
    }
    last
}

/// Does what the clients of all families do, round after round.
async fn work(http: Client, member: Member, kept: Witness, load: Arc<Load>, number: usize) {
    let customer = format!("customer-{number}");
    let call = async |method: &str, path: &str, headers: &[(&str, &str)], body: Value, wanted: u16| -> Option<Response> {
        load.requests.fetch_add(1, Ordering::SeqCst);
        let body = body.as_str().map_or_else(|| if body.is_null() { String::new() } else { body.to_string() }, str::to_owned);
        let reply = http.send(method, path, headers, body).await;
        if let Some(reply) = &reply
            && reply.status == wanted
        {
            return Some(Response { status: wanted, headers: reply.headers.clone(), body: reply.body.clone() });
        }
        load.failures.lock().unwrap().push(format!("{method} {}: {reply:?}", path.split("lkone").next().unwrap_or_default()));
        None
    };
    let introspect = async |key: &str, credential: &str| -> Option<()> {
        let asked = call("POST", "/introspect", &[("x-api-key", key)], json!(format!("token={credential}")), 200).await?;
        if asked.body["active"] != true {
            load.failures.lock().unwrap().push(format!("not active: {}", credential.split('.').next().unwrap_or_default()));
        }
        Some(())
    };
    let round = async || -> Option<()> {
        if !load.removal.load(Ordering::SeqCst) {
            for (_, credential) in &kept.credentials {
                introspect(kept.key(), credential).await?;
                load.kept.fetch_add(1, Ordering::SeqCst);
            }
            call("GET", "/user/renew", &[("authorization", &kept.credentials[0].1)], Value::Null, 200).await?;
        }
        let login = call("POST", "/user/login", &[], json!({ "username": member.name, "password": member.password }), 200).await?;
        let login = login.text("Token");
        let jwt = call("GET", "/user/renew", &[("authorization", &login)], Value::Null, 200).await?.text("Token");
        let key = call("POST", "/authheader/add", &[("authorization", &login)], json!({ "name": "load" }), 200).await?.text("token");
        let wanted = json!({ "mode": "passwordless", "customerId": customer });
        let token = call("POST", "/authentication-tokens", &[("reb-apikey", &key)], wanted, 201).await?.text("token");
        let exchange = format!("/authentication-tokens/{token}/exchange");
        let session = call("POST", &exchange, &[("reb-apikey", &key)], Value::Null, 201).await?.text("token");
        let entity = uuid::Uuid::new_v4().to_string();
        let (acting, path) = ([("apikey", key.as_str()), ("userid", &member.id), ("token", &jwt)], member.entity_path(&entity));
        let held = call("POST", &path, &acting, Value::Null, 201).await?.text("authenticationToken");
        let held = json!({ "authenticationToken": held });
        let held = call("POST", &format!("{path}/refresh"), &acting, held, 200).await?.text("authenticationToken");
        for credential in [&login, &jwt, &key, &session, &held] {
            introspect(&key, credential).await?;
        }
        call("GET", "/authorizer-sample", &[("authorization", &session)], Value::Null, 200).await?;
        call("DELETE", &path, &acting, Value::Null, 200).await?;
        call("POST", "/authheader/delete", &[("authorization", &jwt)], json!({ "text": key }), 200).await?;
        call("POST", "/user/logout", &[("authorization", &jwt)], Value::Null, 200).await?;
        Some(())
    };
    while !load.stop.load(Ordering::SeqCst) && load.failures.lock().unwrap().len() < 10 {
        let _ = round().await;
        load.rounds[number].fetch_add(1, Ordering::SeqCst);
    }
}
