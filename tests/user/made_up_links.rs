//! Tokens of mailed links that nobody was mailed.

use latchkey::credentials::{EmailToken, ResetToken, SignUpToken, TokenKeys};
use latchkey::domain::Timestamp;
use serde_json::{Value, json};

use crate::house::{Call, Door, World};
use crate::operations::{UserEmailConfirm, UserResetPassword, UserSignUpConfirm};

const PASSWORD: &str = "maroon kettle on the third shelf";

/// What differs from a mailed token in its random bytes alone, or is shorter or longer.
fn made_up(prefix: &str, length: usize) -> String {
    let bytes: Vec<u8> = (0..length.div_ceil(16)).flat_map(|_| uuid::Uuid::new_v4().into_bytes()).take(length).collect();
    // The key number of every world's ring is 1.
    format!("{prefix}{}", bs58::encode([&[1], bytes.as_slice()].concat()).into_string())
}

#[tokio::test]
async fn a_hundred_thousand_made_up_tokens_of_each_kind_are_not_ours() {
    let world = World::new().await;
    let ring = TokenKeys::parse(&std::fs::read_to_string(world.folder.join("token.json")).unwrap()).unwrap();
    let now = Timestamp::from_unix(0);

    for _ in 0..100_000 {
        assert!(ResetToken::open(&ring, &made_up("lkrst_", 64), now).is_err());
        assert!(SignUpToken::open(&ring, &made_up("lksgn_", 64), now).is_err());
        assert!(EmailToken::open(&ring, &made_up("lkeml_", 64), now).is_err());
    }
}

/// What the operation says to made-up tokens of all lengths, having asked nothing of a table.
async fn is_dead_at(world: &World, service: &impl Door, prefix: &str, body: impl Fn(String) -> Value) {
    world.spy.take();
    for number in 0..300 {
        let reply = service.reply(Call::new().json(body(made_up(prefix, if number < 200 { 64 } else { number - 200 })))).await;
        assert_eq!((reply.status, reply.code()), (404, "link-not-found"), "{prefix}");
    }
    assert_eq!(world.spy.take().actions, [""; 0], "{prefix}");
}

#[tokio::test]
async fn made_up_links_open_nothing_and_ask_nothing_of_a_table() {
    let world = World::new().await;
    let (reset, sign_up, email) =
        (world.start::<UserResetPassword>().await, world.start::<UserSignUpConfirm>().await, world.start::<UserEmailConfirm>().await);

    is_dead_at(&world, &reset, "lkrst_", |token| json!({ "token": token, "new": PASSWORD, "confirm": PASSWORD })).await;
    is_dead_at(&world, &sign_up, "lksgn_", |token| json!({ "token": token, "password": PASSWORD })).await;
    is_dead_at(&world, &email, "lkeml_", |token| json!({ "token": token })).await;
}
