//! A whole rotation of both key sets while people log in, make keys and exchange tokens with functions that run all the time.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::future::{join, join_all};
use latchkey::domain::Acl;
use latchkey::runtime::Service;
use serde_json::{Value, json};

use crate::house::{Call, Door, Person, World};
use crate::operations::{AuthenticationTokenCreate, AuthenticationTokenExchange, AuthheaderAdd, UserLogin, UserRenew};

/// Functions as they run in AWS: started once, each with keys of its own that it reads again after 60 seconds.
struct Functions {
    login: Service<UserLogin>,
    renew: Service<UserRenew>,
    add: Service<AuthheaderAdd>,
    create: Service<AuthenticationTokenCreate>,
    exchange: Service<AuthenticationTokenExchange>,
}

impl Functions {
    /// Each starts at another time, so that no two read their keys again at the same instant.
    async fn start(world: &World) -> Self {
        let login = world.start().await;
        world.pass(13);
        let renew = world.start().await;
        world.pass(13);
        let add = world.start().await;
        world.pass(13);
        let create = world.start().await;
        world.pass(13);
        Self { login, renew, add, create, exchange: world.start().await }
    }

    /// A login, and everything that follows from it; what was made in earlier rounds is used again.
    async fn round(&self, person: &Person, made: &mut Vec<String>) {
        let body = json!({ "username": person.name, "password": person.password });
        let login = self.login.reply(Call::new().json(body)).await;
        assert_eq!(login.status, 200, "{login:?}");
        let jwt = login.text("Token");
        let renewed = self.renew.reply(Call::new().bearer(&jwt)).await;
        assert_eq!(renewed.status, 200, "{renewed:?}");
        let added = self.add.reply(Call::new().bearer(&renewed.text("Token")).json(json!({ "name": "key" }))).await;
        assert_eq!(added.status, 200, "{added:?}");
        made.push(added.text("token"));
        for key in [made.first(), made.last()].into_iter().flatten() {
            let body = json!({ "mode": "passwordless", "customerId": "customer" });
            let token = self.create.reply(Call::new().header("reb-apikey", key).json(body)).await;
            assert_eq!(token.status, 201, "{token:?}");
            let session = self.exchange.reply(Call::new().path("token", token.text("token"))).await;
            assert_eq!(session.status, 201, "{session:?}");
        }
    }
}

#[tokio::test]
async fn nothing_fails_at_any_moment_of_a_rotation_under_load() {
    let world = World::new().await;
    let olga = world.operator();
    let mut people = Vec::new();
    for name in ["carol", "dora", "emil"] {
        people.push(world.person_with(name, Acl::everything()).await);
    }
    let mut functions = Vec::new();
    for _ in &people {
        functions.push(Functions::start(&world).await);
    }
    let (done, rounds) = (AtomicBool::new(false), AtomicUsize::new(0));

    let working = join_all(people.iter().zip(&functions).map(|(person, functions)| {
        let (done, rounds) = (&done, &rounds);
        async move {
            let mut made = vec![person.key.clone()];
            while !done.load(Ordering::SeqCst) {
                Box::pin(functions.round(person, &mut made)).await;
                rounds.fetch_add(1, Ordering::SeqCst);
            }
        }
    }));
    let rotating = async {
        let mut steps: Vec<Value> = Vec::new();
        while !steps.contains(&json!("remove")) {
            for words in ["keys rotate signing --wait-seconds 120 --max-life 240", "keys rotate tokens --wait-seconds 120"] {
                let said = olga.run(&format!("{words} --json")).await;
                if said.code == 0 {
                    steps.push(said.json()["step"].clone());
                } else {
                    assert_eq!(said.code, 4, "{said:?}");
                }
            }
            let before = rounds.load(Ordering::SeqCst);
            while rounds.load(Ordering::SeqCst) < before + 2 {
                tokio::task::yield_now().await;
            }
            world.pass(10);
        }
        done.store(true, Ordering::SeqCst);
        steps
    };
    let (_, steps) = join(working, rotating).await;

    assert!(steps.iter().filter(|step| **step == "promote").count() >= 2, "{steps:?}");
    assert!(rounds.load(Ordering::SeqCst) > 30);
}
