//! Our functions, and the events that each answers with success. Imports [`crate::events`], [`crate::stand_ins`], [`crate::subject`].
//!
//! What an event needs, a token say, is made by other functions of ours, which run all the time: the staff.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::{Context, Result};
use latchkey_local::template::{self, Template};
use latchkey_runtime_api::{Output, Process, Program};
use serde_json::{Value, json};

use crate::events::Event;
use crate::stand_ins::{BINARIES, StandIns};
use crate::subject::{Calls, Kind, Subject, call};

/// Passwords that no list of common ones has.
pub const FIRST_PASSWORD: &str = "brisk-lantern-orbit-42";
const SECOND_PASSWORD: &str = "quiet-harbour-maple-17";
const TOKEN_ROUTE: &str = "/entities/{entityId}/users/{userId}/authentication-token";

/// The functions that make what others need.
const STAFF: [&str; 6] =
    ["user-login", "authheader-add", "authentication-token-create", "authentication-token-exchange", "entity-token-create", "users-create"];

/// Functions that run, and who calls them.
pub struct Staff {
    processes: BTreeMap<&'static str, Process>,
    user: String,
    jwt: String,
    key: String,
    made: AtomicUsize,
    has_second_password: AtomicBool,
}

/// A session that an exchange gave.
struct Session {
    id: String,
    jwt: String,
}

/// Every function of the template that `is_wanted`, as a subject.
///
/// # Errors
/// If a binary is not there, or the staff can't start.
pub async fn subjects(stand_ins: &StandIns, is_wanted: impl Fn(&str) -> bool) -> Result<Vec<Subject>> {
    let mut functions = template::functions(&Template::read(Path::new("template.yaml"))?);
    functions.retain(|function| is_wanted(function));
    for function in &functions {
        trust(stand_ins, function)?;
    }
    let staff = Arc::new(Staff::start(stand_ins, &[]).await?);
    let mut subjects = Vec::new();
    for function in functions {
        // Two, and not one: an event that is made and not sent would leave a change of password and its way back out of step.
        let is_called = staff.events(&function, 2).await.with_context(|| function.clone())?.is_some();
        subjects.push(Subject {
            binary: trusting(stand_ins, &function),
            arguments: Vec::new(),
            environment: stand_ins.environment.clone(),
            package: (Path::new(BINARIES).join(&function), vec!["bootstrap".to_owned()]),
            calls: is_called.then(|| Calls::Made(Arc::clone(&staff))),
            hashes: match function.as_str() {
                "user-login" => 1,
                "user-password" => 2,
                _ => 0,
            },
            what: "Latchkey".to_owned(),
            kind: Kind::Ours,
            name: function,
        });
    }
    Ok(subjects)
}

/// Makes the copy of `function` that trusts the stand-ins. A function that calls nobody may lack the roots, and is taken as it is.
fn trust(stand_ins: &StandIns, function: &str) -> Result<()> {
    let from = Path::new(BINARIES).join(function).join("bootstrap");
    anyhow::ensure!(from.exists(), "{} is missing. `make bench` builds it.", from.display());
    let to = trusting(stand_ins, function);
    if stand_ins.authority.trusted_copy(&from, &to).is_err() {
        fs::copy(&from, &to)?;
    }
    Ok(())
}

fn trusting(stand_ins: &StandIns, function: &str) -> std::path::PathBuf {
    stand_ins.folder.join("functions").join(function).join("bootstrap")
}

impl Staff {
    /// Starts the staff, and those of `more` besides.
    ///
    /// # Errors
    /// If one does not start.
    pub async fn start(stand_ins: &StandIns, more: &[&'static str]) -> Result<Self> {
        let mut processes = BTreeMap::new();
        let names: BTreeSet<_> = STAFF.iter().chain(more).copied().collect();
        for name in names {
            trust(stand_ins, name)?;
            let program = Program::new(name, trusting(stand_ins, name)).environment(stand_ins.environment.clone());
            // The staff's own login has to outlast the run.
            let program = program.environment([("LOGIN_TTL_SECONDS", "86400")]);
            let process = stand_ins.host.start(&program.output(Output::Discard)).await?;
            process.ready().await.with_context(|| name.to_owned())?;
            processes.insert(name, process);
        }
        for user in ["staff", "changer"] {
            stand_ins.add_user(user, FIRST_PASSWORD).await?;
        }
        let (made, has_second_password) = (AtomicUsize::new(0), AtomicBool::new(false));
        let mut staff = Self { processes, user: String::new(), jwt: String::new(), key: String::new(), made, has_second_password };
        let login = staff.ask("user-login", login()).await?;
        staff.user = text(&login, "Id")?;
        staff.jwt = text(&login, "Token")?;
        staff.key = staff.new_key().await?;
        Ok(staff)
    }

    /// `count` events for `function`, each of which it answers with success once; none for a function that this does not know.
    ///
    /// # Errors
    /// If what they need can't be made.
    pub async fn events(&self, function: &str, count: usize) -> Result<Option<Vec<Value>>> {
        // What a call does not consume is made once.
        let (token, session) = (self.new_one_time_token().await?, self.new_session().await?);
        if function.starts_with("entity-token-") {
            self.ask("entity-token-create", self.entity_token("POST", "", "acme")).await?;
        }
        let mut events = Vec::with_capacity(count);
        for _ in 0..count {
            let Some(event) = self.event(function, &token, &session).await? else { return Ok(None) };
            events.push(event.json());
        }
        Ok(Some(events))
    }

    async fn event(&self, function: &str, token: &str, session: &Session) -> Result<Option<Event>> {
        let Session { id, jwt } = session;
        Ok(Some(match function {
            "user-login" => login(),
            "user-renew" => self.as_user("GET /user/renew"),
            "user-logout" => {
                let login = self.ask("user-login", login()).await?;
                Event::new("POST /user/logout", &[]).header("authorization", &bearer(&text(&login, "Token")?))
            }
            "user-password" => self.change_of_password(),
            "user-sessions-list" => self.as_user("GET /user/sessions"),
            "users-list" => self.as_user("GET /users"),
            "users-get" => self.as_administrator("GET", &self.user),
            "users-update" => self.as_administrator("PATCH", &self.user).body(&json!({ "lastName": self.new_entity() })),
            "users-create" => self.new_user(),
            "user-forgot-password" => Event::new("POST /user/forgot-password", &[]).body(&json!({ "username": "staff" })),
            "users-invite" => self.invitation(),
            "users-delete" => {
                let user = self.ask("users-create", self.new_user()).await?;
                self.as_administrator("DELETE", &text(&user, "id")?)
            }
            "authheader-add" => self.as_user("POST /authheader/add").body(&json!({ "name": "production" })),
            "authheader-list" => self.as_user("GET /authheader/list"),
            "authheader-delete" => self.as_user("POST /authheader/delete").body(&json!({ "text": self.new_key().await? })),
            "authentication-token-create" => self.order(),
            "authentication-token-verify" => Event::new("GET /authentication-tokens/{token}", &[("token", token)]),
            "authentication-token-delete" => {
                Event::new("DELETE /authentication-tokens/{token}", &[("token", &self.new_one_time_token().await?)])
            }
            "authentication-token-exchange" => exchange(&self.new_one_time_token().await?),
            "entity-token-create" => self.entity_token("POST", "", &self.new_entity()),
            "entity-token-get" => self.entity_token("GET", "", "acme"),
            "entity-token-update" => self.entity_token("PATCH", "", "acme").body(&json!({ "flags": ["beta"] })),
            "entity-token-refresh" => self.entity_token("POST", "/refresh", "acme"),
            "entity-token-delete" => {
                let entity = self.new_entity();
                self.ask("entity-token-create", self.entity_token("POST", "", &entity)).await?;
                self.entity_token("DELETE", "", &entity)
            }
            "session-get" => Event::new("GET /sessions/{id}", &[("id", id)]).header("authorization", &bearer(jwt)),
            "session-delete" => {
                let Session { id, jwt } = self.new_session().await?;
                Event::new("DELETE /sessions/{id}", &[("id", &id)]).header("authorization", &bearer(&jwt))
            }
            "introspect" => Event::new("POST /introspect", &[]).header("apikey", &self.key).form(&format!("token={jwt}")),
            "jwks" => Event::new("GET /.well-known/jwks.json", &[]),
            "authorizer" => Event::new("GET /authorizer-sample", &[]).for_authorizer(&bearer(jwt)),
            "authorizer-sample" => Event::new("GET /authorizer-sample", &[]).authorized_as(&json!({
                "kind": "session", "subject": "carol", "issuedBy": self.user, "acl": "[]", "customClaims": "{}", "sessionId": id,
                "expiresAt": 1_894_707_300,
            })),
            _ => return Ok(None),
        }))
    }

    /// A changed password ends the user's sessions, so that this is a user of its own.
    fn change_of_password(&self) -> Event {
        let has_second = self.has_second_password.fetch_xor(true, Ordering::Relaxed);
        let (old, new) = if has_second { (SECOND_PASSWORD, FIRST_PASSWORD) } else { (FIRST_PASSWORD, SECOND_PASSWORD) };
        Event::new("POST /user/password", &[]).body(&json!({ "username": "changer", "old": old, "new": new, "confirm": new }))
    }

    fn new_user(&self) -> Event {
        self.as_user("POST /users").body(&json!({ "username": self.new_entity() }))
    }

    fn invitation(&self) -> Event {
        Event::new("POST /users/{userId}/invitation", &[("userId", &self.user)]).header("authorization", &bearer(&self.jwt))
    }

    fn as_administrator(&self, method: &str, user: &str) -> Event {
        Event::new(&format!("{method} /users/{{userId}}"), &[("userId", user)]).header("authorization", &bearer(&self.jwt))
    }

    fn as_user(&self, route: &str) -> Event {
        Event::new(route, &[]).header("authorization", &bearer(&self.jwt))
    }

    fn entity_token(&self, method: &str, step: &str, entity: &str) -> Event {
        let event = Event::new(&format!("{method} {TOKEN_ROUTE}{step}"), &[("entityId", entity), ("userId", &self.user)]);
        event.header("apikey", &self.key).header("userid", &self.user).header("token", &self.jwt)
    }

    fn order(&self) -> Event {
        let acl = json!([{ "scope": { "organizationId": ["acme"] }, "permissions": ["read-invoices"] }]);
        let body = json!({ "mode": "passwordless", "customerId": "carol", "acl": acl });
        Event::new("POST /authentication-tokens", &[]).header("apikey", &self.key).body(&body)
    }

    fn new_entity(&self) -> String {
        format!("entity-{}", self.made.fetch_add(1, Ordering::Relaxed))
    }

    /// A new API key of the staff's user.
    ///
    /// # Errors
    /// If it can't be made.
    pub async fn new_key(&self) -> Result<String> {
        text(&self.ask("authheader-add", self.as_user("POST /authheader/add").body(&json!({ "name": "staff" }))).await?, "token")
    }

    async fn new_one_time_token(&self) -> Result<String> {
        text(&self.ask("authentication-token-create", self.order()).await?, "token")
    }

    async fn new_session(&self) -> Result<Session> {
        let session = self.ask("authentication-token-exchange", exchange(&self.new_one_time_token().await?)).await?;
        Ok(Session { id: text(&session, "id")?, jwt: text(&session, "token")? })
    }

    /// The answer of one of the staff.
    ///
    /// # Errors
    /// If it is none of success.
    pub async fn call(&self, function: &str, event: &Value) -> Result<Value> {
        let process = self.processes.get(function).with_context(|| format!("{function} is not of the staff"))?;
        call(process, event).await.with_context(|| function.to_owned())
    }

    /// The body of that answer.
    async fn ask(&self, function: &str, event: Event) -> Result<Value> {
        let answer = self.call(function, &event.json()).await?;
        Ok(serde_json::from_str(answer.get("body").and_then(Value::as_str).unwrap_or_default())?)
    }
}

fn login() -> Event {
    Event::new("POST /user/login", &[]).body(&json!({ "username": "staff", "password": FIRST_PASSWORD }))
}

fn exchange(token: &str) -> Event {
    Event::new("POST /authentication-tokens/{token}/exchange", &[("token", token)])
}

fn bearer(jwt: &str) -> String {
    format!("Bearer {jwt}")
}

fn text(of: &Value, name: &str) -> Result<String> {
    Ok(of.get(name).and_then(Value::as_str).with_context(|| format!("no {name} in {of}"))?.to_owned())
}
