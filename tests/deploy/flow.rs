//! One person who goes through every operation of the contract, in the ways that differ in what they ask of AWS.

use std::time::{Duration, Instant};

use latchkey::store::schema;
use serde_json::{Value, json};

use crate::stack::http::Response;
use crate::stack::people::{Member, moment, pause, tampered};
use crate::stack::site::Site;

/// What the digits of a one-time password come after.
const DIGITS: &str = "password is ";

/// How long a mail may take.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A grace of no second ends with the second.
const PAST_THE_SECOND: Duration = Duration::from_millis(1100);

/// An answer that is not what the contract says, or none.
pub type Odd = String;

/// A walk through the operations.
pub struct Walk<'s> {
    site: &'s Site,
    member: &'s Member,
    /// Whether a replaced entity token still gets its successor.
    has_grace: bool,
    /// Answers so far.
    pub answers: usize,
}

type Headers<'h> = &'h [(&'h str, &'h str)];

impl<'s> Walk<'s> {
    pub fn new(site: &'s Site, member: &'s Member, has_grace: bool) -> Self {
        Self { site, member, has_grace, answers: 0 }
    }

    /// Calls each operation.
    ///
    /// # Errors
    /// The first answer that is odd.
    pub async fn walk(&mut self) -> Result<(), Odd> {
        let login = self.login().await?;
        let key = self.keys(&login).await?;
        self.entity_tokens(&login, &key).await?;
        self.one_time_tokens(&login, &key).await?;
        self.exchanges(&login, &key).await?;
        self.sessions(&login, &key).await?;
        self.call("GET /.well-known/jwks.json", &[], None, 200).await?;
        self.call("GET /.well-known/openid-configuration", &[], None, 200).await?;
        self.call("POST /authheader/delete", &[("authorization", &login)], Some(json!({ "text": key })), 200).await?;
        self.password().await?;
        self.call("GET /authheader/list", &[("authorization", &login)], None, 401).await?;
        self.call("POST /user/logout", &[("authorization", &login)], None, 200).await?;
        self.call("POST /user/logout", &[("authorization", &login)], None, 401).await?;
        Ok(())
    }

    async fn call(&mut self, call: &str, headers: Headers<'_>, body: Option<Value>, wanted: u16) -> Result<Response, Odd> {
        self.send(call, headers, body.map(|body| body.to_string()).unwrap_or_default(), wanted).await
    }

    async fn send(&mut self, call: &str, headers: Headers<'_>, body: String, wanted: u16) -> Result<Response, Odd> {
        let (method, path) = call.split_once(' ').unwrap();
        match self.site.http.send(method, path, headers, body).await {
            Some(reply) if reply.status == wanted => {
                self.answers += 1;
                Ok(reply)
            }
            reply => Err(format!("{call}, wanted {wanted}: {reply:?}")),
        }
    }

    async fn login(&mut self) -> Result<String, Odd> {
        let Member { name, password, .. } = self.member;
        self.call("POST /user/login", &[], Some(json!({ "username": name, "password": tampered(password) })), 401).await?;
        let credentials = json!({ "username": name, "password": password });
        let other = self.call("POST /user/login", &[], Some(credentials.clone()), 200).await?.text("Token");
        self.call("GET /user/renew", &[("authorization", &other)], None, 200).await?;
        self.call("GET /user/logout", &[("authorization", &other)], None, 200).await?;
        Ok(self.call("POST /user/login", &[], Some(credentials), 200).await?.text("Token"))
    }

    /// A key that may do everything.
    async fn keys(&mut self, login: &str) -> Result<String, Odd> {
        let by_login = [("authorization", login)];
        let acl = json!([{ "scope": {}, "permissions": ["entity-token-get"] }]);
        let restricted = self.call("POST /authheader/add", &by_login, Some(json!({ "name": "restricted", "acl": acl })), 200).await?;
        self.use_up_allowance().await;
        let once = uuid::Uuid::new_v4().to_string();
        let by_login_once = [by_login[0], ("idempotency-key", &once)];
        let key = self.call("POST /authheader/add", &by_login_once, Some(json!({ "name": "backend" })), 200).await?.text("token");
        self.call("POST /authheader/add", &by_login_once, Some(json!({ "name": "backend" })), 200).await?;
        let page = self.call("GET /authheader/list?limit=1", &by_login, None, 200).await?;
        let next = page.headers["link"].to_str().unwrap().trim_start_matches('<').split('>').next().unwrap().to_owned();
        self.call(&format!("GET {next}"), &by_login, None, 200).await?;
        let wish = json!({ "text": restricted.text("token") });
        self.call("POST /authheader/delete", &by_login, Some(wish), 200).await?;
        self.call("GET /authheader/list", &by_login, None, 200).await?;
        Ok(key)
    }

    /// Makes the next key one before which the member's keys are counted.
    async fn use_up_allowance(&self) {
        let key = schema::api_key_allowance(self.member.id.parse().unwrap());
        let update = self.site.database.update_item().table_name(&self.site.tables.tokens).set_key(Some(key));
        update.update_expression("SET keys_limit = keys_added").send().await.unwrap();
    }

    async fn entity_tokens(&mut self, login: &str, key: &str) -> Result<(), Odd> {
        let path = self.member.entity_path(&format!("entity-{}", uuid::Uuid::new_v4()));
        let headers = [("apikey", key), ("userid", &self.member.id), ("token", login)];
        let first = self.call(&format!("POST {path}"), &headers, None, 201).await?.text("authenticationToken");
        self.call(&format!("POST {path}"), &headers, None, 200).await?;
        self.introspect(key, &first, true).await?;
        self.call(&format!("PATCH {path}"), &headers, Some(json!({ "flags": ["beta"] })), 200).await?;
        let presented = Some(json!({ "authenticationToken": first }));
        self.call(&format!("POST {path}/refresh"), &headers, presented.clone(), 200).await?;
        self.call(&format!("GET {path}"), &headers, None, 200).await?;
        if self.has_grace {
            self.call(&format!("POST {path}/refresh"), &headers, presented, 200).await?;
        } else {
            pause(PAST_THE_SECOND).await;
            self.call(&format!("POST {path}/refresh"), &headers, presented, 404).await?;
            self.call(&format!("POST {path}"), &headers, None, 201).await?;
        }
        self.call(&format!("DELETE {path}"), &headers, None, 200).await?;
        Ok(())
    }

    async fn one_time_tokens(&mut self, login: &str, key: &str) -> Result<(), Odd> {
        let with_password = json!({ "mode": "password", "username": self.member.name, "password": self.member.password });
        self.call("POST /authentication-tokens", &[], Some(with_password), 201).await?;
        let by_login = self.one_time_token(&[("authorization", login)], json!({ "customerId": "carol" })).await?;
        self.introspect(key, &by_login, true).await?;
        self.call(&format!("DELETE /authentication-tokens/{by_login}"), &[], None, 204).await?;
        self.call(&format!("GET /authentication-tokens/{by_login}"), &[], None, 404).await?;
        Ok(())
    }

    async fn one_time_token(&mut self, headers: Headers<'_>, mut wish: Value) -> Result<String, Odd> {
        wish["mode"] = json!("passwordless");
        Ok(self.call("POST /authentication-tokens", headers, Some(wish), 201).await?.text("token"))
    }

    async fn exchanges(&mut self, login: &str, key: &str) -> Result<(), Odd> {
        let by_key = [("reb-apikey", key)];
        let once = uuid::Uuid::new_v4().to_string();
        let by_key_once = [by_key[0], ("idempotency-key", &once)];
        let token = self.one_time_token(&by_key_once, json!({ "customerId": "carol" })).await?;
        self.one_time_token(&by_key_once, json!({ "customerId": "carol" })).await?;
        self.call(&format!("GET /authentication-tokens/{token}"), &[], None, 200).await?;
        let exchange = format!("POST /authentication-tokens/{token}/exchange");
        self.call(&exchange, &by_key, Some(json!({ "invalidate": false })), 201).await?;
        self.call(&exchange, &[("idempotency-key", &once)], None, 201).await?;
        self.call(&exchange, &[("idempotency-key", &once)], None, 201).await?;
        self.call(&exchange, &[], None, 404).await?;

        let token = self.one_time_token(&by_key, json!({ "customerId": "carol" })).await?;
        self.call(&format!("POST /authentication-tokens/{token}/exchange"), &[("authorization", login)], None, 201).await?;
        let other = self.site.demo_id().await;
        let token = self.one_time_token(&by_key, json!({ "customerId": other })).await?;
        self.call(&format!("POST /authentication-tokens/{token}/exchange"), &by_key, None, 201).await?;

        let before = self.mails().len();
        let token = self.one_time_token(&by_key, json!({ "customerId": self.member.id, "otpRequired": true })).await?;
        let digits = self.one_time_password(before).await;
        let exchange = format!("POST /authentication-tokens/{token}/exchange");
        let wrong = if digits == "000000" { "000001" } else { "000000" };
        self.call(&exchange, &[], Some(json!({ "oneTimePassword": wrong })), 401).await?;
        self.call(&exchange, &[], Some(json!({ "oneTimePassword": digits })), 201).await?;
        Ok(())
    }

    /// The mails of one-time passwords to the member, the newest last.
    fn mails(&self) -> Vec<String> {
        let is_one_time_password = |mail: &String| mail.contains(&format!("To: {}", self.member.email())) && mail.contains(DIGITS);
        self.site.mails().into_iter().filter(is_one_time_password).collect()
    }

    /// The six digits of the first mail after so many.
    async fn one_time_password(&self, before: usize) -> String {
        let started = Instant::now();
        loop {
            if let Some(mail) = self.mails().get(before) {
                return mail.split_once(DIGITS).unwrap().1.chars().take(6).collect();
            }
            assert!(started.elapsed() < PATIENCE, "no mail to {}", self.member.email());
            moment().await;
        }
    }

    async fn sessions(&mut self, login: &str, key: &str) -> Result<(), Odd> {
        for by_itself in [true, false] {
            let token = self.one_time_token(&[("reb-apikey", key)], json!({ "customerId": "carol" })).await?;
            let session = self.call(&format!("POST /authentication-tokens/{token}/exchange"), &[("reb-apikey", key)], None, 201).await?;
            let (id, jwt) = (session.text("id"), session.text("token"));
            self.introspect(key, &jwt, true).await?;
            let headers = if by_itself { [("authorization", jwt.as_str())] } else { [("x-api-key", key)] };
            self.call(&format!("GET /sessions/{id}"), &headers, None, 200).await?;
            self.call(&format!("DELETE /sessions/{id}"), &headers, None, 204).await?;
            self.introspect(key, &jwt, false).await?;
        }
        self.introspect(key, login, true).await?;
        self.introspect(key, key, true).await
    }

    async fn introspect(&mut self, key: &str, token: &str, active: bool) -> Result<(), Odd> {
        let reply = self.send("POST /introspect", &[("x-api-key", key)], format!("token={token}"), 200).await?;
        if reply.body["active"] == active { Ok(()) } else { Err(format!("introspect, wanted {active}: {reply:?}")) }
    }

    /// Another password and back: each ends the logins before it.
    async fn password(&mut self) -> Result<(), Odd> {
        let (own, other) = (self.member.password.clone(), format!("{}?", self.member.password));
        for (old, new) in [(&own, &other), (&other, &own)] {
            let change = json!({ "username": self.member.name, "old": old, "new": new, "confirm": new });
            self.call("POST /user/password", &[], Some(change), 200).await?;
        }
        Ok(())
    }
}
