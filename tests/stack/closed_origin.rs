//! The origin closed, with the real binaries: each of them refuses what comes directly, and tells the address that the distribution gives.

use std::time::{Duration, Instant};

use latchkey_local::template::routes;
use serde_json::json;

use super::people::moment;
use super::running::{Stack, log};
use crate::house::contract::Fit;
use crate::house::template;

const SECRET: &str = "the-secret-of-the-distribution-in-front";
const ADDRESS: &str = "2001:db8::7";

/// How long an event may take from the function to the console.
const PATIENCE: Duration = Duration::from_secs(10);

pub async fn every_function_refuses_what_comes_directly(stack: &mut Stack) {
    let path = stack.folder.join(".local/origin.json");
    std::fs::write(&path, json!({ "first": SECRET }).to_string()).unwrap();
    let variables = [("ORIGIN_SECRETS", format!("file:{}", path.display())), ("CLIENT_ADDRESS_HEADER", "x-client-address".to_owned())];
    stack.kill_and_start_again_with(variables.to_vec()).await;
    let http = stack.http.that(Fit::Unknown);
    let from_the_distribution = [("x-latchkey-origin", SECRET), ("x-client-address", ADDRESS)];

    let routes: Vec<_> = routes(template()).unwrap().into_iter().filter(|route| route.authorizer.is_none()).collect();
    for route in &routes {
        let path: Vec<_> = route.path.split('/').map(|segment| if segment.starts_with('{') { "-" } else { segment }).collect();
        for (headers, is_admitted) in [(&[][..], false), (&from_the_distribution[1..], false), (&from_the_distribution[..], true)] {
            let answer = http.send(&route.method, &path.join("/"), headers, "").await.unwrap();
            let refused =
                answer.status == 403 && answer.body["type"].as_str().is_some_and(|uri| uri.ends_with("/docs/errors#closed-origin"));
            assert_eq!(refused, !is_admitted, "{route:?}: {answer:?}");
        }
    }
    println!("{} routes, each closed to what comes directly", routes.len());

    let wrong = json!({ "username": stack.username, "password": "wrong" }).to_string();
    assert_eq!(http.send("POST", "/user/login", &from_the_distribution, wrong).await.unwrap().status, 401);
    let asked = Instant::now();
    let is_told = |log: &str| log.lines().any(|line| line.contains("login.refused") && line.contains(ADDRESS));
    while !is_told(&log(&stack.folder)) {
        assert!(asked.elapsed() < PATIENCE, "no event with the client's address");
        moment().await;
    }
    assert!(!log(&stack.folder).contains(SECRET));
}
