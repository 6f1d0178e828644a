//! Bodies of every bad kind, to every operation: a 4xx with the problem body, and the process answers the next one.

use latchkey::http::Operation;
use latchkey::runtime::Start;

use crate::house::{Call, Door, World};
use crate::operations::{AuthheaderList, EntityTokenGet, UserLogin};
use crate::routes::contract;

fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("truncated", b"{\"username\":".to_vec()),
        ("garbage", b"\x00\x01\x02".to_vec()),
        ("invalid UTF-8", b"{\"username\":\"\xff\xfe\",\"password\":\"x\"}".to_vec()),
        ("duplicate keys", br#"{"username":"a","username":"b","password":"x","name":"a","name":"b"}"#.to_vec()),
        ("nested duplicate keys", br#"{"x":{"a":1,"a":2}}"#.to_vec()),
        ("two megabytes", format!("{{\"name\":\"{}\"}}", "x".repeat(2 << 20)).into_bytes()),
        ("two megabytes of nothing", vec![b' '; 2 << 20]),
        ("deep arrays", "[".repeat(10_000).into_bytes()),
        ("deep objects", format!("{}1{}", r#"{"a":"#.repeat(10_000), "}".repeat(10_000)).into_bytes()),
        ("trailing text", b"{} {}".to_vec()),
        ("a lone surrogate", br#"{"username":"\ud800","password":"x"}"#.to_vec()),
        ("a huge number", br#"{"username":1e999}"#.to_vec()),
        ("an array", b"[\"user\",\"password\"]".to_vec()),
        ("a number", b"7".to_vec()),
        ("a string", b"\"text\"".to_vec()),
        ("null", b"null".to_vec()),
        ("a byte order mark", b"\xef\xbb\xbf{}".to_vec()),
        ("gzip", b"\x1f\x8b\x08\x00\x00".to_vec()),
    ]
}

/// Every field of every operation, with a value of another type.
const WELL_FORMED_BUT_WRONG: &[u8] =
    br#"{"username":[],"password":{},"name":{},"text":[],"mode":[],"expiry":[],"flags":{},"authenticationToken":[],"acl":7,"invalidate":[],"oneTimePassword":1}"#;

/// Whether the contract says that the operation reads a body; the others do not look at it.
fn reads_a_body<O: Operation>() -> bool {
    let contract = contract();
    let operations = O::ROUTES.iter().map(|route| &contract["paths"][route.path][route.method.to_lowercase()]);
    operations.into_iter().any(|operation| !operation["requestBody"].is_null())
}

/// A call with something for each parameter of the path.
fn call_of<O: Operation>(body: &[u8]) -> Call {
    let parameters = O::ROUTES[0].path.split(['{', '}']).skip(1).step_by(2);
    parameters
        .fold(Call::new(), |call, name| call.path(name, "x"))
        .header("content-type", "application/json")
        .body(body)
        .perhaps_undocumented()
}

async fn suite<O: Start>(world: &World) {
    let (service, has_body) = (world.start::<O>().await, reads_a_body::<O>());
    let call = call_of::<O>;

    for (kind, body) in bodies() {
        world.spy.take();
        let reply = service.reply(call(&body)).await;
        let expected: &[i64] = if has_body { &[400, 413] } else { &[200, 401, 404] };
        assert!(expected.contains(&reply.status), "{} {kind}: {reply:?}", O::NAME);
        assert!(reply.status == 200 || !reply.code().is_empty());
        assert!(world.spy.take().actions.is_empty(), "{} {kind}", O::NAME);
    }
    let reply = service.reply(call(WELL_FORMED_BUT_WRONG)).await;
    let expected: &[i64] = if has_body { &[400, 422] } else { &[200, 401, 404] };
    assert!(expected.contains(&reply.status), "{}: {reply:?}", O::NAME);
    assert!(!has_body || reply.code() == "invalid-fields", "{reply:?}");
}

#[tokio::test]
async fn every_operation_answers_every_bad_body_with_a_problem_and_no_request() {
    let world = World::new().await;

    macro_rules! run {
        ($operation:ty) => {
            suite::<$operation>(&world).await
        };
    }
    crate::operations::each_operation!(run);
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_told_why() {
    let world = World::new().await;

    for (body, detail) in [
        (&b"{\"username\":"[..], "The body is not JSON, or it nests more than 127 levels deep."),
        (b"[1]", "The body is JSON, but not an object."),
        (b"{\"password\":\"\xff\"}", "The body is not UTF-8."),
        (b"{\"username\":\"a\",\"username\":\"b\"}", "The body has the same name twice in one object or form."),
        (b"\xef\xbb\xbf{}", "The body begins with a byte order mark. Send it without one."),
        (b"\x1f\x8b\x08\x00", "The body is compressed. Send it as it is, without Content-Encoding."),
    ] {
        let reply = world.call::<UserLogin>(Call::new().body(body).undocumented()).await;
        assert_eq!((reply.status, reply.code(), reply.text("detail").as_str()), (400, "malformed-body", detail));
    }
}

#[tokio::test]
async fn a_header_that_is_no_text_is_no_credential_and_stops_nothing() {
    let world = World::new().await;

    for value in ["\u{fffd}\u{fffd}", "ü", "日本", "a\u{1}b"] {
        let call = Call::new()
            .header("authorization", value)
            .header("apikey", value)
            .header("x-odd-\u{e9}", value)
            .path("entityId", "e")
            .path("userId", "u");
        let reply = world.call::<AuthheaderList>(call.clone()).await;
        assert_eq!(reply.status, 401, "{value:?}");
        let reply = world.call::<EntityTokenGet>(call.undocumented()).await;
        assert_eq!(reply.status, 401, "{value:?}");
    }
}

#[tokio::test]
async fn a_problem_is_served_as_such_to_who_asks_for_it() {
    let world = World::new().await;
    let call = |accept: &str| Call::new().header("accept", accept);

    for (accept, media_type) in [
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("application/problem+json", "application/problem+json"),
        ("text/html, Application/Problem+JSON;q=0.5", "application/problem+json"),
    ] {
        let reply = world.call::<AuthheaderList>(call(accept)).await;
        assert_eq!(reply.header("content-type"), media_type, "{accept}");
    }
}
