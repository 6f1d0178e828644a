//! Deploys over a stack with data, under a constant flow of requests.

use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use tokio::runtime::Handle;

use super::deployed::{Deployed, bootstraps, make_deploy};
use super::flow::{Odd, Walk};
use crate::stack::clients::algorithm;
use crate::stack::people::Member;
use crate::stack::site::Site;

/// How many go through the operations at once.
const WALKERS: usize = 3;

/// What was made before a deploy, one of each kind.
pub struct Made {
    pub member: Member,
    pub login: String,
    pub key: String,
    entity: String,
    pub entity_token: String,
    pub session: String,
    pub one_time_token: String,
}

impl Made {
    pub async fn at(site: &Site) -> Self {
        let (member, entity) = (site.member().await, format!("entity-{}", uuid::Uuid::new_v4()));
        let login = site.login(&member).await;
        let key = site.key(&login).await;
        let entity_token = site.entity_token(&member, &login, &key, &entity, json!({})).await;
        let session = site.session(&key, "carol", json!({})).await.text("token");
        let one_time_token = site.one_time_token(&key, "carol").await.text("token");
        Self { member, login, key, entity, entity_token, session, one_time_token }
    }

    /// Everything is as good as it was.
    async fn works(&self, site: &Site) {
        for token in [&self.login, &self.key, &self.entity_token, &self.session, &self.one_time_token] {
            assert_eq!(site.introspect(&self.key, token).await["active"], true, "{token}");
        }
        let headers = [("apikey", self.key.as_str()), ("userid", &self.member.id), ("token", &self.login)];
        let shown = site.http.send("GET", &self.member.entity_path(&self.entity), &headers, "").await.unwrap();
        assert_eq!(shown.text("authenticationToken"), self.entity_token);
        site.login(&self.member).await;
        let exchange = format!("/authentication-tokens/{}/exchange", self.one_time_token);
        assert_eq!(site.http.send("POST", &exchange, &[], "").await.unwrap().status, 201);
        assert_eq!(site.http.send("POST", &exchange, &[], "").await.unwrap().status, 404);
    }
}

/// New programs, then new settings: no request fails, and nothing is lost.
pub async fn an_update_loses_nothing(deployed: &mut Deployed) {
    let (made, keys, before) = (Made::at(deployed).await, deployed.key_sets(), programs_and_levels(deployed));
    let over = AtomicBool::new(false);

    let site: &Site = deployed;
    let runtime = Handle::current();
    let walks = tokio::task::block_in_place(|| {
        std::thread::scope(|scope| {
            let walkers: Vec<_> = (0..WALKERS).map(|_| scope.spawn(|| runtime.block_on(walk_until(site, &over)))).collect();
            let changed = Changed::programs();
            make_deploy(&deployed.aws, "", true);
            make_deploy(&deployed.aws, "KeysRefreshSeconds=10 LogLevel=debug", true);
            drop(changed);
            over.store(true, Ordering::SeqCst);
            walkers.into_iter().map(|walker| walker.join().unwrap()).collect::<Vec<_>>()
        })
    });

    let (answers, odd): (Vec<usize>, Vec<Vec<Odd>>) = walks.into_iter().unzip();
    let (answers, odd) = (answers.iter().sum::<usize>(), odd.into_iter().flatten().collect::<Vec<_>>());
    println!("{answers} answers of every operation during the updates, {} of them odd", odd.len());
    assert!(answers > 0 && odd.is_empty(), "{odd:#?}");
    let after = programs_and_levels(deployed);
    assert!(
        before.iter().zip(&after).all(|((name, program, _), (same, other, level))| name == same && program != other && level == "debug"),
        "{after:?}"
    );
    assert_eq!(deployed.key_sets(), keys, "a deploy leaves the keys as they are");
    made.works(deployed).await;
}

/// Of each function its name, the hash of its program and its LOG_LEVEL.
fn programs_and_levels(deployed: &Deployed) -> Vec<(String, String, String)> {
    let look = |name: &String| {
        let configuration = deployed.aws.call("lambda", "get_function_configuration", json!({ "FunctionName": name }));
        let text = |pointer: &str| configuration.pointer(pointer).and_then(Value::as_str).unwrap().to_owned();
        (name.clone(), text("/CodeSha256"), text("/Environment/Variables/LOG_LEVEL"))
    };
    deployed.functions.values().map(look).collect()
}

async fn walk_until(site: &Site, over: &AtomicBool) -> (usize, Vec<Odd>) {
    let member = site.member().await;
    let (mut walk, mut odd) = (Walk::new(site, &member, true), Vec::new());
    while !over.load(Ordering::SeqCst) {
        odd.extend(walk.walk().await.err());
    }
    (walk.answers, odd)
}

/// Programs with a byte more, which no loader reads; dropped, they are as they were.
struct Changed(Vec<(PathBuf, u64)>);

impl Changed {
    fn programs() -> Self {
        let append = |path: PathBuf| {
            let length = path.metadata().unwrap().len();
            std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"\n").unwrap();
            (path, length)
        };
        Self(bootstraps().into_iter().map(append).collect())
    }
}

impl Drop for Changed {
    fn drop(&mut self) {
        for (path, length) in &self.0 {
            let _ = std::fs::OpenOptions::new().write(true).open(path).and_then(|file| file.set_len(*length));
        }
    }
}

/// Another value of these parameters is seen where it should be, and the keys stay.
pub async fn parameters_show(deployed: &mut Deployed) {
    const ISSUER: &str = "https://login.dev.example.com";
    const ORIGIN: &str = "https://app.example.com";
    let (made, keys) = (Made::at(deployed).await, deployed.key_sets());
    let before = algorithm(&made.login);

    deployed.deploy(&format!(
        "LoginTtlSeconds=1200 CorsOrigins={ORIGIN},https://other.example.com LogLevel=trace AccessLog=true Issuer={ISSUER} JwtAlgorithm=RS256 \
         RefreshGraceSeconds=0 PasswordMaxAgeDays=90 WithAuthorizerSample=true AuthorizerKinds=login,api-key"
    ));

    let login = deployed.login(&made.member).await;
    let claims = crate::stack::authorizer::claims(&login);
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 1200);
    assert_eq!(claims["iss"], ISSUER);
    assert_eq!(algorithm(&login), before, "JwtAlgorithm is that of the first key");
    assert_eq!(deployed.key_sets(), keys);
    let old = deployed.http.send("GET", "/authheader/list", &[("authorization", &made.login)], "").await.unwrap();
    assert_eq!(old.status, 401, "a JWT of another issuer");
    assert_eq!(deployed.introspect(&made.key, &made.key).await["active"], true);
    let origin = deployed.http.send("GET", "/.well-known/jwks.json", &[("origin", ORIGIN)], "").await.unwrap();
    assert_eq!(origin.headers["access-control-allow-origin"], ORIGIN);
    let preflight = [("origin", ORIGIN), ("access-control-request-method", "PATCH"), ("access-control-request-headers", "apikey")];
    let preflight = deployed.http.send("OPTIONS", "/user/login", &preflight, "").await.unwrap();
    assert!(preflight.headers["access-control-allow-headers"].to_str().unwrap().contains("apikey"), "{preflight:?}");
    the_authorizer_answers(deployed, [("login", &login), ("api-key", &made.key)]).await;
}

/// The API of the authorizer's sample, which the parameter adds.
async fn the_authorizer_answers(deployed: &Deployed, credentials: [(&str, &str); 2]) {
    let sample = deployed.sample();
    for (kind, credential) in credentials {
        let passed = sample.send("GET", "/authorizer-sample", &[("authorization", credential)], "").await.unwrap();
        assert_eq!((passed.status, &passed.body["kind"]), (200, &Value::from(kind)), "{passed:?}");
    }
    let refused = sample.send("GET", "/authorizer-sample", &[("authorization", "lkapi_forged")], "").await.unwrap();
    assert_eq!(refused.status, 403, "{refused:?}");
}
