//! Upgrades a deployed stack, with data and under a constant flow of requests, from the commit before one-time tokens and sessions were one
//! row: docs/operations.md, "Upgrade".

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::Handle;

use super::deployed::{Deployed, make_deploy, run};
use super::updates::Made;
use crate::house::root;
use crate::stack::site::Site;

/// The file that came with the change.
const CAME_WITH_IT: &str = "shared/src/domain/session_id.rs";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "deploys to an AWS on this machine: `make test-deploy` runs it"]
async fn an_upgrade_ends_sessions_and_one_time_tokens_and_nothing_else() {
    let Some(former) = former_checkout() else {
        println!("left out: this clone is too shallow to have the commit before {CAME_WITH_IT}");
        return;
    };
    let mut deployed = Deployed::first_of_a_former_release(&former);
    let made = Made::at(&deployed).await;
    let over = AtomicBool::new(false);

    let (site, runtime): (&Site, _) = (&deployed, Handle::current());
    let answers = tokio::task::block_in_place(|| {
        std::thread::scope(|scope| {
            let flow = scope.spawn(|| runtime.block_on(what_stays_works_until(site, &made, &over)));
            make_deploy(&deployed.aws, "", false);
            over.store(true, Ordering::SeqCst);
            flow.join().unwrap()
        })
    });
    println!("{answers} answers during the upgrade, each as it should be");
    assert!(answers > 0);

    deployed.is_upgraded();
    let site: &Site = &deployed;
    for ended in [&made.login, &made.session, &made.one_time_token] {
        assert_eq!(site.introspect(&made.key, ended).await["active"], false);
    }
    let by_login = [("authorization", made.login.as_str())];
    assert_eq!(site.http.send("GET", "/user/renew", &by_login, "").await.unwrap().status, 401);
    let exchange = format!("/authentication-tokens/{}/exchange", made.one_time_token);
    assert_eq!(site.http.send("POST", &exchange, &[], "").await.unwrap().status, 404);
    what_stays_works(site, &made).await;
    let renewed = Made::at(site).await;
    assert_eq!(site.introspect(&made.key, &renewed.session).await["active"], true);
}

/// The commit before the change, checked out beside what was built.
fn former_checkout() -> Option<PathBuf> {
    let git = |arguments: &[&str]| Command::new("git").args(arguments).current_dir(root()).output().unwrap();
    let added = git(&["log", "--diff-filter=A", "--format=%H", "--", CAME_WITH_IT]);
    let before = format!("{}^", String::from_utf8(added.stdout).unwrap().trim());
    if !git(&["rev-parse", "--verify", "--quiet", &before]).status.success() {
        return None;
    }
    let checkout = root().join("target/former");
    if !checkout.exists() {
        run(Command::new("git").args(["worktree", "add", "--force", "--detach"]).arg(&checkout).arg(before).current_dir(root()));
    }
    Some(checkout)
}

/// Users, API keys and entity tokens.
async fn what_stays_works(site: &Site, made: &Made) -> usize {
    for token in [&made.key, &made.entity_token] {
        assert_eq!(site.introspect(&made.key, token).await["active"], true, "{token}");
    }
    site.login(&made.member).await;
    assert_eq!(site.one_time_token(&made.key, "carol").await.status, 201);
    4
}

async fn what_stays_works_until(site: &Site, made: &Made, over: &AtomicBool) -> usize {
    let mut answers = 0;
    while !over.load(Ordering::SeqCst) {
        answers += what_stays_works(site, made).await;
    }
    answers
}
