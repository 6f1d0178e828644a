//! How a function gets its keys, and learns that they have changed: what a start asks for, what a refresh costs, and that no request
//! waits for it. The key sets stand in a Secrets Manager that is played by its documented answers.

use futures_util::future::join;
use latchkey::domain::{Acl, Locator};
use latchkey::http::Operation;
use latchkey::runtime::{Service, Table};
use latchkey::store::{KeyVersions, KeyVersionsRow};
use serde_json::json;

use crate::house::secrets_manager::Secrets;
use crate::house::{Call, Door, Person, World};
use crate::least_privilege::{as_deployed, world_in_aws};
use crate::operations::{AuthenticationTokenExchange, EntityTokenGet, Introspect, Jwks, UserLogin};

/// The default of `KEYS_REFRESH_SECONDS`.
const REFRESH_SECONDS: i64 = 60;

/// A stack in AWS with Alice in it, and a function that tells whether her API key is good.
struct Stack {
    world: World,
    secrets: Secrets,
    alice: Person,
    introspect: Service<Introspect>,
}

impl Stack {
    async fn new() -> Self {
        let (world, secrets) = world_in_aws().await;
        let alice = world.person_with("alice", Acl::everything()).await;
        let introspect = Service::start(&as_deployed(&world, Introspect::NAME)).await.unwrap();
        world.spy.take();
        Self { world, secrets, alice, introspect }
    }

    /// Whether Alice's key is good.
    async fn key_is_good(&self) -> bool {
        let call = Call::new().header("apikey", &self.alice.key).body(format!("token={}", self.alice.key));
        match self.introspect.reply(call).await.status {
            200 => true,
            401 => false,
            status => panic!("{status}"),
        }
    }

    /// Puts another number on the ring's one key, so that nothing is good that was sealed before.
    fn renumber_token_key(&self) {
        let mut secrets = self.secrets.lock().unwrap();
        let ring = secrets.get_mut("TokenKeys").unwrap();
        let text = ring.last().unwrap().1.replace("\"kid\":\"1\"", "\"kid\":\"2\"");
        ring.push(("2".to_owned(), text));
    }

    /// What the operator's program does at the end of a rotation.
    async fn announce(&self) {
        let version = |arn: &str| Some(Locator::of_key_set(&self.secrets.lock().unwrap()[arn].last().unwrap().1));
        let versions = KeyVersionsRow {
            signing_keys: version("SigningKeys"),
            verification_keys: version("VerificationKeys"),
            token_keys: version("TokenKeys"),
        };
        let database = self.world.setup.database(&[Table::Users]).unwrap();
        KeyVersions::new(&database).announce(&versions).await.unwrap();
        self.world.spy.take();
    }

    /// Lets everything end that runs beside requests.
    async fn settle(&self) {
        let mut turns_at_rest = 0;
        while turns_at_rest < 100 {
            tokio::task::yield_now().await;
            turns_at_rest = if self.world.spy.is_busy() { 0 } else { turns_at_rest + 1 };
        }
    }

    fn reads_of_secrets(&self) -> usize {
        self.world.spy.take().rights.iter().filter(|(action, _)| action.starts_with("secretsmanager:")).count()
    }
}

#[tokio::test]
async fn a_start_asks_once_for_all_its_keys_and_opens_the_way_to_the_database_beside() {
    let (world, _secrets) = world_in_aws().await;

    macro_rules! rounds {
        ($operation:ty) => {{
            Service::<$operation>::start(&as_deployed(&world, <$operation>::NAME)).await.unwrap();
            world.spy.take().rounds
        }};
    }

    for rounds in [rounds!(AuthenticationTokenExchange), rounds!(EntityTokenGet), rounds!(Introspect)] {
        assert_eq!(rounds, [["BatchGetSecretValue", "GetItem"]]);
    }
    for rounds in [rounds!(UserLogin), rounds!(Jwks)] {
        assert_eq!(rounds, [["GetItem", "GetSecretValue"]]);
    }
}

#[tokio::test]
async fn a_start_reads_each_set_by_itself_where_batches_are_throttled() {
    let (world, secrets) = world_in_aws().await;
    secrets.lock().unwrap().insert("no-batches".into(), Vec::new());

    assert!(Service::<Introspect>::start(&as_deployed(&world, Introspect::NAME)).await.is_ok());

    let actions = world.spy.take().actions;
    let of = |wanted: &str| actions.iter().filter(|action| *action == wanted).count();
    assert_eq!((of("BatchGetSecretValue"), of("GetSecretValue")), (1, 2), "{actions:?}");
}

#[tokio::test]
async fn a_start_does_without_a_database_that_does_not_answer() {
    let (mut world, _secrets) = world_in_aws().await;
    world.setup.environment.extend([("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), "http://127.0.0.1:1".to_owned())]);

    assert!(Service::<Introspect>::start(&as_deployed(&world, Introspect::NAME)).await.is_ok());
}

#[tokio::test]
async fn a_set_that_is_missing_is_told_by_its_variable() {
    let (world, secrets) = world_in_aws().await;
    secrets.lock().unwrap().remove("TokenKeys");

    let started = Service::<Introspect>::start(&as_deployed(&world, Introspect::NAME)).await;

    assert_eq!(started.err().map(|error| error.to_string()).as_deref(), Some("TOKEN_KEYS is still empty"));
}

#[tokio::test]
async fn keys_that_have_not_changed_cost_a_read_of_one_row_and_no_call_of_secrets_manager() {
    let stack = Stack::new().await;
    stack.announce().await;

    for _ in 0..50 {
        stack.world.pass(REFRESH_SECONDS);
        assert!(stack.key_is_good().await);
        stack.settle().await;
        assert!(stack.key_is_good().await);
        let traffic = stack.world.spy.take();
        assert_eq!(traffic.actions.iter().filter(|action| *action == "GetItem").count(), 1);
        assert!(!traffic.actions.iter().any(|action| action.ends_with("SecretValue")), "{traffic:?}");
    }
}

#[tokio::test]
async fn a_stack_whose_keys_were_never_rotated_has_nothing_to_announce() {
    let stack = Stack::new().await;

    stack.world.pass(REFRESH_SECONDS);
    assert!(stack.key_is_good().await);
    stack.settle().await;

    assert_eq!(stack.reads_of_secrets(), 0);
}

#[tokio::test]
async fn changed_keys_are_in_use_once_they_are_announced_and_only_the_changed_set_is_read() {
    let stack = Stack::new().await;
    stack.renumber_token_key();
    stack.announce().await;

    assert!(stack.key_is_good().await, "the interval is not over");
    stack.world.pass(REFRESH_SECONDS);
    assert!(stack.key_is_good().await, "it does not wait");
    stack.settle().await;

    assert!(!stack.key_is_good().await);
    let rights = stack.world.spy.take().rights;
    let read: Vec<_> = rights.iter().filter(|(action, _)| action == "secretsmanager:GetSecretValue").collect();
    assert_eq!(read, [&("secretsmanager:GetSecretValue".to_owned(), "TokenKeys".to_owned())]);
}

#[tokio::test]
async fn no_request_waits_for_a_secrets_manager_that_hangs() {
    let stack = Stack::new().await;
    stack.renumber_token_key();
    stack.announce().await;
    stack.secrets.lock().unwrap().insert("hangs".into(), Vec::new());

    stack.world.pass(REFRESH_SECONDS);
    while !stack.world.spy.take().actions.contains(&"GetSecretValue".to_owned()) {
        assert!(stack.key_is_good().await);
    }
    for _ in 0..10 {
        assert!(stack.key_is_good().await);
        assert!(stack.world.spy.is_busy(), "Secrets Manager has not answered yet");
    }
}

#[tokio::test]
async fn a_process_that_slept_through_a_step_of_a_rotation_looks_before_it_answers() {
    let stack = Stack::new().await;
    stack.renumber_token_key();
    stack.announce().await;

    stack.world.pass(2 * REFRESH_SECONDS);
    let both = join(stack.key_is_good(), stack.key_is_good()).await;

    assert_eq!(both, (false, false));
}

#[tokio::test]
async fn keys_that_nobody_announced_are_found_within_an_hour() {
    let stack = Stack::new().await;
    stack.renumber_token_key();

    for _ in 0..59 {
        stack.world.pass(REFRESH_SECONDS);
        assert!(stack.key_is_good().await);
        stack.settle().await;
    }
    assert_eq!(stack.reads_of_secrets(), 0);
    stack.world.pass(REFRESH_SECONDS);
    assert!(stack.key_is_good().await, "it does not wait");
    stack.settle().await;

    assert!(!stack.key_is_good().await);
}

#[tokio::test]
async fn keys_that_can_not_be_used_leave_those_before_in_use() {
    let stack = Stack::new().await;
    let usable = stack.secrets.lock().unwrap()["TokenKeys"].clone();
    stack.secrets.lock().unwrap().get_mut("TokenKeys").unwrap().push(("2".to_owned(), json!({ "keys": [] }).to_string()));
    stack.announce().await;

    stack.world.pass(2 * REFRESH_SECONDS);
    assert!(stack.key_is_good().await);

    stack.secrets.lock().unwrap().insert("TokenKeys".to_owned(), usable);
    stack.renumber_token_key();
    stack.announce().await;
    stack.world.pass(2 * REFRESH_SECONDS);
    assert!(!stack.key_is_good().await);
}

#[tokio::test]
async fn a_table_that_does_not_tell_the_versions_leaves_the_keys_in_use() {
    let stack = Stack::new().await;
    stack.world.pass(2 * REFRESH_SECONDS);
    // The row of the versions, then what the request itself reads.
    stack.world.spy.refuse_next(1, 400, &json!({ "__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException" }));

    assert!(stack.key_is_good().await);
    assert_eq!(stack.reads_of_secrets(), 0);
}

#[test]
fn the_row_of_the_versions_is_the_one_that_the_roles_may_read() {
    let key = latchkey::store::schema::key_versions();
    let template = std::fs::read_to_string(crate::house::root().join("template.yaml")).unwrap();

    let pk = key["pk"].as_s().unwrap();
    assert!(template.contains(&format!("dynamodb:LeadingKeys: [{pk}]")), "{pk}");
}
