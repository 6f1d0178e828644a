//! `latchkey keys`.

use latchkey::credentials::{SigningKeys, TokenKeys, VerificationKeys};
use latchkey::domain::{Acl, Locator};
use serde_json::{Value, json};

use super::Operator;
use super::wire::wire;
use crate::house::{Call, World};
use crate::operations::UserRenew;

const TWO_HOURS: i64 = 7200;
const MONTH: i64 = 2_592_000;

fn file(world: &World, name: &str) -> String {
    std::fs::read_to_string(world.folder.join(name).with_extension("json")).unwrap()
}

/// What must hold at every moment, whoever reads: every set parses, and whatever is signed can be verified.
fn assert_usable(world: &World) {
    let (signing, verification) =
        (SigningKeys::parse(&file(world, "signing")).unwrap(), VerificationKeys::parse(&file(world, "verification")));
    TokenKeys::parse(&file(world, "token")).unwrap();
    let current = current(&file(world, "signing"));
    assert!(format!("{:?}", verification.unwrap()).contains(&current), "{signing:?}");
    assert!(!file(world, "verification").contains("\"d\""));
}

fn current(text: &str) -> String {
    let set: Value = serde_json::from_str(text).unwrap();
    let keys = set["keys"].as_array().unwrap();
    keys.iter().find(|key| key["status"] == "current").unwrap()["kid"].as_str().unwrap().to_owned()
}

async fn statuses(olga: &Operator, set: &str) -> Vec<String> {
    let keys = olga.run("keys list --json").await.done().lines();
    keys.iter().filter(|key| key["set"] == set).map(|key| key["status"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_rotation_of_signing_keys_goes_one_step_at_a_time_and_no_jwt_ever_fails() {
    let world = World::new().await;
    let olga = world.operator();
    let carol = world.person("carol").await;
    let renew = async |jwt: &str| world.call::<UserRenew>(Call::new().bearer(jwt)).await.status;
    let before = current(&file(&world, "signing"));

    // The keys of this world have no `since`: that of the first one comes with its first step.
    let added = olga.run("keys rotate signing --json").await.done().json();
    assert_eq!((&added["step"], statuses(&olga, "signing").await), (&json!("add-next"), vec!["current".into(), "next".into()]));
    assert_usable(&world);
    assert_eq!(current(&file(&world, "signing")), before);

    world.pass(TWO_HOURS - 1);
    let early = olga.run("keys rotate signing").await;
    assert_eq!(early.code, 4);
    assert!(early.err.contains("It can be done from 2030-03-17T19:46:40Z on."), "{}", early.err);

    let old = world.login("carol", &carol.password).await.text("Token");
    world.pass(1);
    let promoted = olga.run("keys rotate signing --json").await.done().json();
    assert_eq!((&promoted["step"], &promoted["kid"]), (&json!("promote"), &added["kid"]));
    assert_usable(&world);
    assert_eq!(current(&file(&world, "signing")), added["kid"].as_str().unwrap());
    let new = world.login("carol", &carol.password).await.text("Token");
    assert_eq!((renew(&old).await, renew(&new).await), (200, 200));

    world.pass(MONTH - 1);
    let early = olga.run("keys rotate signing --json").await;
    assert_eq!((early.code, early.err.contains("--begin")), (4, true));
    world.pass(1);
    let removed = olga.run("keys rotate signing --json").await.done().json();
    assert_eq!((&removed["step"], removed["kid"].as_str().unwrap()), (&json!("remove"), before.as_str()));
    assert_usable(&world);
    assert_eq!(statuses(&olga, "signing").await, ["current"]);
    assert_eq!(olga.acts(), ["keys.add-next", "keys.promote", "keys.remove"]);
}

#[tokio::test]
async fn a_key_is_published_before_it_is_kept_and_kept_before_it_signs() {
    let world = World::new().await;
    let olga = world.operator();
    let private = world.folder.join("signing.json");

    // An operator who is interrupted between the two writes.
    let public_before = file(&world, "verification");
    olga.run("keys rotate signing").await.done();
    let public_with_next = file(&world, "verification");
    std::fs::write(world.folder.join("verification.json"), &public_before).unwrap();
    let private_with_next = file(&world, "signing");
    world.pass(TWO_HOURS * 2);

    // The private set knows a key that nobody can verify: it is published first, and waited for from then on.
    let said = olga.run("keys rotate signing --json").await.done().json();
    assert_eq!(said["step"], "publish");
    assert_usable(&world);
    assert_eq!(olga.run("keys rotate signing").await.code, 4);
    world.pass(TWO_HOURS);
    assert_eq!(olga.run("keys rotate signing --json").await.done().json()["step"], "promote");

    // The other way round: the public set has a key of which the private half was never written.
    std::fs::write(&private, private_with_next.replace("\"next\"", "\"retired\"")).unwrap();
    std::fs::write(world.folder.join("verification.json"), public_with_next).unwrap();
    assert_eq!(olga.run("keys rotate signing --json").await.done().json()["step"], "publish");
    assert_usable(&world);
}

#[tokio::test]
async fn two_operators_at_the_same_instant_make_one_step() {
    for set in ["signing", "tokens"] {
        let world = World::new().await;
        let olga = world.operator();

        let words = format!("keys rotate {set}");
        let (one, two) = tokio::join!(olga.run(&words), olga.run(&words));

        let codes = [one.code, two.code];
        assert!(codes.contains(&0) && codes.iter().all(|code| [0, 4].contains(code)), "{one:?} {two:?}");
        assert_usable(&world);
        let name = if set == "signing" { "signing" } else { "token" };
        assert_eq!(statuses(&olga, name).await, ["current", "next"], "{set}");
    }
}

#[tokio::test]
async fn a_set_that_somebody_else_changed_meanwhile_is_left_as_it_is() {
    use latchkey_cli::key_sets::KeySet;

    let world = World::new().await;
    let set = KeySet::File(world.folder.join("token.json"));
    let (one, two) = (set.read().await.unwrap(), set.read().await.unwrap());

    set.replace(&one, "{\"keys\":[]}").await.unwrap();
    let refused = set.replace(&two, "{}").await.unwrap_err();

    assert_eq!(refused.exit_code(), 4);
    assert_eq!(file(&world, "token"), "{\"keys\":[]}");
}

#[tokio::test]
async fn token_keys_are_removed_by_number_only_and_what_they_sealed_ends() {
    let world = World::new().await;
    let olga = world.operator();
    let carol = world.person_with("carol", Acl::everything()).await;
    let use_key = async |key: &str| world.one_time_token(key, json!({ "customerId": carol.id })).await.status;

    assert_eq!(olga.run("keys rotate tokens --json").await.done().json()["kid"], "2");
    assert_eq!(olga.run("keys rotate tokens").await.code, 4);
    assert_eq!(olga.run("keys rotate tokens --remove 1 --yes").await.code, 4, "1 is current");
    world.pass(120);
    assert_eq!(olga.run("keys rotate tokens --json").await.done().json()["step"], "promote");
    let new = world.add_key(&carol.jwt, json!({ "name": "new" })).await.text("token");
    assert_eq!((World::key_number(&carol.key), World::key_number(&new)), (1, 2));
    assert_eq!((use_key(&carol.key).await, use_key(&new).await), (201, 201));

    assert_eq!(olga.run("keys rotate tokens --remove 1").await.code, 2, "nobody to ask");
    assert_eq!(olga.answering(["2"]).run("keys rotate tokens --remove 1").await.code, 4);
    assert_eq!(olga.run("keys rotate tokens --remove 9 --yes").await.code, 4);
    assert_eq!(use_key(&carol.key).await, 201);
    let removed = olga.answering(["1"]).run("keys rotate tokens --remove 1").await.done();

    assert!(removed.out.contains("Every API key"));
    assert_eq!((use_key(&carol.key).await, use_key(&new).await), (401, 201));
    assert_eq!(olga.acts(), ["keys.add-next", "keys.promote", "keys.remove"]);
}

#[tokio::test]
async fn a_key_of_unknown_age_is_waited_for_from_now_on() {
    let world = World::new().await;
    let olga = world.operator();
    let text = file(&world, "token");
    let mut ring: Value = serde_json::from_str(&text).unwrap();
    let mut next = ring["keys"][0].clone();
    (next["kid"], next["status"]) = (json!("2"), json!("next"));
    ring["keys"].as_array_mut().unwrap().push(next);
    std::fs::write(world.folder.join("token.json"), ring.to_string()).unwrap();

    assert_eq!(olga.run("keys rotate tokens --json").await.done().json()["step"], "write-since");
    assert_eq!(olga.run("keys rotate tokens").await.code, 4);
    assert_eq!(olga.run("keys rotate tokens --wait-seconds 0 --json").await.done().json()["step"], "promote");
}

#[tokio::test]
async fn an_emergency_waits_for_nothing_and_each_algorithm_follows_each() {
    let world = World::new().await;
    let olga = world.operator();
    let carol = world.person("carol").await;

    for algorithm in ["RS256", "eddsa", "ES256"] {
        let words = format!("keys rotate signing --wait-seconds 0 --max-life 0 --algorithm {algorithm} --json");
        for step in ["add-next", "promote", "remove"] {
            assert_eq!(olga.run(&words).await.done().json()["step"], step, "{algorithm}");
            assert_usable(&world);
        }
        let jwt = world.login("carol", &carol.password).await.text("Token");
        assert_eq!(world.call::<UserRenew>(Call::new().bearer(&jwt)).await.status, 200, "{algorithm}");
    }
    assert_eq!(world.call::<UserRenew>(Call::new().bearer(&carol.jwt)).await.status, 401, "signed under a key that is gone");
}

#[tokio::test]
async fn the_next_rotation_can_begin_while_a_retired_key_is_waited_for() {
    let world = World::new().await;
    let olga = world.operator();
    olga.run("keys rotate signing").await.done();
    olga.run("keys rotate signing --wait-seconds 0").await.done();

    assert_eq!(olga.run("keys rotate signing --begin --json").await.done().json()["step"], "add-next");
    assert_eq!(olga.run("keys rotate signing --begin").await.code, 4);
    assert_eq!(statuses(&olga, "signing").await, ["retired", "current", "next"]);
    assert_usable(&world);
}

#[tokio::test]
async fn what_is_empty_is_filled_and_what_is_there_stays() {
    let world = World::new().await;
    let olga = world.operator();
    let names = ["signing", "verification", "token"];
    assert_eq!(olga.run("keys init --json").await.done().json()["filled"], json!([]));
    for name in names {
        std::fs::remove_file(world.folder.join(name).with_extension("json")).unwrap();
    }
    assert_eq!(olga.run("keys list").await.code, 3);

    assert_eq!(olga.run("keys init --json").await.done().json()["filled"], json!(names));
    assert_usable(&world);
    let carol = world.person("carol").await;
    assert_eq!(world.call::<UserRenew>(Call::new().bearer(&carol.jwt)).await.status, 200);

    // Of an interrupted run: the public set is made from the private one.
    let public = file(&world, "verification");
    std::fs::remove_file(world.folder.join("verification.json")).unwrap();
    assert_eq!(olga.run("keys init --json").await.done().json()["filled"], json!(["verification"]));
    assert_eq!(file(&world, "verification"), public);

    std::fs::remove_file(world.folder.join("signing.json")).unwrap();
    assert_eq!(olga.run("keys init").await.code, 4, "the private half is elsewhere");
}

#[tokio::test]
async fn no_list_shows_a_key() {
    let world = World::new().await;
    let olga = world.operator();
    let signing: Value = serde_json::from_str(&file(&world, "signing")).unwrap();
    let token: Value = serde_json::from_str(&file(&world, "token")).unwrap();

    for words in ["keys list", "keys list --json", "doctor", "doctor --json"] {
        let said = olga.run(words).await;
        for secret in [&signing["keys"][0]["d"], &token["keys"][0]["k"]] {
            assert!(!said.out.contains(secret.as_str().unwrap()), "{words}");
        }
    }
}

#[tokio::test]
async fn a_set_that_was_mangled_by_hand_is_not_made_worse() {
    let world = World::new().await;
    let olga = world.operator();
    let text = file(&world, "token");
    let ring: Value = serde_json::from_str(&text).unwrap();
    let with = |statuses: &[&str]| {
        let key = |(number, status): (usize, &&str)| {
            let mut key = ring["keys"][0].clone();
            (key["kid"], key["status"]) = ((number + 1).to_string().into(), (*status).into());
            key
        };
        json!({ "keys": statuses.iter().enumerate().map(key).collect::<Vec<_>>() }).to_string()
    };

    for statuses in [&["retired"][..], &["current", "current"], &["retired", "next"]] {
        std::fs::write(world.folder.join("token.json"), with(statuses)).unwrap();
        let said = olga.run("keys rotate tokens").await;
        let written: Value = serde_json::from_str(&file(&world, "token")).unwrap();
        let kept: Vec<_> = written["keys"].as_array().unwrap().iter().map(|key| key["status"].as_str().unwrap().to_owned()).collect();
        assert_eq!((said.code, kept), (4, statuses.iter().map(|status| (*status).to_owned()).collect()), "{said:?}");
    }
    // Of two keys that are next one becomes current.
    std::fs::write(world.folder.join("token.json"), with(&["current", "next", "next"])).unwrap();
    olga.run("keys rotate tokens --wait-seconds 0").await.done();
    assert_usable(&world);
    assert_eq!(statuses(&olga, "token").await, ["retired", "current", "next"]);
}

/// The versions that the functions are told, as the row has them, and those of the sets as they are.
async fn told_and_there(world: &World) -> [[Option<String>; 3]; 2] {
    let rows = world.rows("users").await;
    let row = rows.iter().find(|row| row["pk"].as_s().unwrap() == "key-versions");
    let told = ["signing_keys", "verification_keys", "token_keys"].map(|set| Some(row?.get(set)?.as_s().unwrap().clone()));
    let there = ["signing", "verification", "token"].map(|name| Some(Locator::of_key_set(&file(world, name)).to_string()));
    [told, there]
}

#[tokio::test]
async fn each_step_is_announced_to_the_functions() {
    let world = World::new().await;
    let olga = world.operator();

    for words in ["keys rotate signing --wait-seconds 0", "keys rotate tokens --wait-seconds 0"] {
        for _ in 0..2 {
            olga.run(words).await.done();

            let [told, there] = told_and_there(&world).await;
            assert_eq!(told, there, "{words}");
        }
    }
}

#[tokio::test]
async fn a_set_that_was_edited_by_hand_is_announced_on_request() {
    let world = World::new().await;
    let olga = world.operator();
    olga.run("keys rotate signing").await.done();
    world.rotate_token_keys();
    let doubtful = olga.run("doctor --json").await;
    assert!(doubtful.out.contains("announced keys"), "{doubtful:?}");

    olga.run("keys announce").await.done();

    let [told, there] = told_and_there(&world).await;
    assert_eq!(told, there);
    assert!(!olga.run("doctor --json").await.out.contains("announced keys"));
}

#[tokio::test]
async fn an_announcement_that_failed_is_made_up_for_by_the_next_step_even_a_refused_one() {
    let world = World::new().await;
    let olga = world.operator();
    let text = std::fs::read_to_string(world.folder.join(".local/stack.json")).unwrap();
    let mut stack: Value = serde_json::from_str(&text).unwrap();
    stack["dynamodb"] = json!(wire(&world, async |action| action != "PutItem").await);
    std::fs::write(world.folder.join(".local/stack.json"), stack.to_string()).unwrap();

    let failed = olga.run("keys rotate tokens").await;
    assert!(failed.code == 1 && failed.err.contains("latchkey keys announce"), "{failed:?}");
    assert_eq!(told_and_there(&world).await[0], [const { None }; 3]);

    std::fs::write(world.folder.join(".local/stack.json"), text).unwrap();
    assert_eq!(olga.run("keys rotate tokens").await.code, 4);
    let [told, there] = told_and_there(&world).await;
    assert_eq!(told, there);
}
