//! `latchkey export` and `latchkey import`.

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Instant;

use aws_sdk_dynamodb::types::{AttributeValue, Select};
use latchkey::domain::{Acl, Timestamp};
use latchkey_cli::ProcessContext;
use serde_json::{Value, json};

use crate::house::{NOW, World};

const HEADER: &str = r#"{"format":"latchkey-users","version":1}"#;
/// Of "Tr0mbone & Kürbis", by libraries that are not ours.
const BCRYPT: &str = "$2b$06$pDd9upUbHYl7c/Cz5v6h2OF3/.lhrMHoIh3jEH/Tkzs48Hhugoule";
const SCRYPT: &str = "$scrypt$ln=10,r=8,p=1$GYMwZszZu/f+H6NUqhWC8A$oFZICxUKP9A6760NzuNp09iiyu5Quocgal0Vhz9WV7o";
const PBKDF2: &str = "$pbkdf2-sha256$2900$/h9D6H2PMaZ0rlXq3XsPYQ$Ku9RWRsXdayoX2AVF21BIywHB9e0Dj7K1PL9vIi3Xnw";
const DJANGO: &str = "pbkdf2_sha256$3000$seasalt1$RBGgvmKtCNu1rN1haEwQ4WeKhw6LGVCOuUjz3z20x8w=";
const ARGON2I: &str = "$argon2i$v=19$m=256,t=2,p=2$Gdq4MThpealTienGuV12xA$SmzEGlglztkzUsILXWkc7NhyblhFuG8Olksvi/tOItY";

/// The line of a user who has everything that a user can have, now and then.
fn line(number: u32) -> String {
    let hash = [BCRYPT, SCRYPT, PBKDF2, ARGON2I][number as usize % 4];
    let mut line = json!({
        "user_id": format!("00000000-0000-4000-8000-{number:012}"),
        "username": format!("Üser.{number}"),
        "email": format!("user-{number}@example.com"),
        "created_at": "2024-01-31T12:00:00Z",
        "epoch": number % 5,
        "acl": [{ "scope": { "organizationId": [format!("acme-{}", number % 100)] }, "permissions": ["entity-token-get", "entity-token-create"] }],
        "password_hash": hash,
    });
    if number.is_multiple_of(7) {
        (line["disabled_at"], line["first_name"]) = ("2025-01-01T00:00:00Z".into(), "Ünal \"the\" 7th".into());
    }
    if number.is_multiple_of(11) {
        (line["password_expires_at"], line["last_name"]) = ("2031-01-01T00:00:00Z".into(), "名前".into());
    }
    line.to_string()
}

fn file(world: &World, name: &str, lines: impl IntoIterator<Item = String>) -> PathBuf {
    let path = world.folder.join(name);
    let text: String = [HEADER.to_owned()].into_iter().chain(lines).map(|line| line + "\n").collect();
    std::fs::write(&path, text).unwrap();
    path
}

fn sorted(path: &Path) -> Vec<String> {
    let mut lines: Vec<_> = std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

fn values(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut users: Vec<_> = lines.filter(|value| value["user_id"].is_string()).collect();
    users.sort_by_key(|user| user["user_id"].to_string());
    users
}

/// How many rows the users' table has.
async fn count(world: &World) -> usize {
    let (mut count, mut from) = (0, None);
    loop {
        let scan = world.dynamodb.scan().table_name("latchkey-users").select(Select::Count).set_exclusive_start_key(from);
        let page = scan.send().await.unwrap();
        count += usize::try_from(page.count).unwrap();
        from = page.last_evaluated_key;
        if from.is_none() {
            return count;
        }
    }
}

#[tokio::test]
async fn an_import_exported_again_is_equal_in_every_member() {
    let world = World::new().await;
    let olga = world.operator();
    let (given, taken) = (file(&world, "given.jsonl", (0..230).map(line)), world.folder.join("taken.jsonl"));

    let import = olga.run(&format!("import {} --json", given.display())).await.done().json();
    let export = olga.run(&format!("export {} --json", taken.display())).await.done().json();

    assert_eq!((&import["imported"], &import["whole"], &export["users"]), (&json!(230), &json!(true), &json!(230)));
    assert_eq!(values(&taken), values(&given));
    assert_eq!(count(&world).await, 690);
    assert_eq!(std::fs::metadata(&taken).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(olga.acts(), ["users.import", "users.export"]);
}

#[tokio::test]
async fn a_stack_moves_to_another_one_and_its_people_with_it() {
    let (old, new) = (World::new().await, World::new().await);
    for name in ["alice", "bob"] {
        old.insert(&old.user_row(name, Acl::everything())).await;
    }
    let mut carol = old.user_row("carol", Acl::default());
    carol.disabled_at = Some(Timestamp::from_unix(NOW));
    old.insert(&carol).await;
    let [moved, again] = ["moved.jsonl", "again.jsonl"].map(|name| old.folder.join(name));

    old.operator().run(&format!("export {}", moved.display())).await.done();
    new.operator().run(&format!("import {}", moved.display())).await.done();
    new.operator().run(&format!("export {}", again.display())).await.done();

    assert_eq!(sorted(&moved), sorted(&again));
    assert_eq!(new.login("Alice", "alice's password").await.status, 200);
    assert_eq!(new.login("carol", "carol's password").await.status, 401);
}

#[tokio::test]
async fn users_with_foreign_hashes_log_in_and_then_have_argon2id() {
    let world = World::new().await;
    let hashes = [BCRYPT, SCRYPT, PBKDF2, DJANGO, ARGON2I];
    let lines = hashes.iter().enumerate().map(|(number, hash)| {
        let mut line: Value = serde_json::from_str(&line(number as u32 + 1)).unwrap();
        (line["username"], line["password_hash"]) = (format!("user{number}").into(), (*hash).into());
        line.to_string()
    });
    let file = file(&world, "users.jsonl", lines);
    world.operator().run(&format!("import {}", file.display())).await.done();

    for (number, hash) in hashes.iter().enumerate() {
        let name = format!("user{number}");
        assert_eq!(world.login(&name, "Tr0mbone & Kurbis").await.status, 401, "{hash}");
        assert_eq!(world.login(&name, "Tr0mbone & Kürbis").await.status, 200, "{hash}");
        let key = AttributeValue::S(format!("name#{name}"));
        let row = world.rows("users").await.into_iter().find(|row| row["pk"] == key).unwrap();
        assert!(row["password_hash"].as_s().unwrap().starts_with("$argon2id$v=19$m=7168,t=1,p=1$"), "{hash}");
        assert_eq!(world.login(&name, "Tr0mbone & Kürbis").await.status, 200, "{hash}");
    }
}

#[tokio::test]
async fn who_is_there_and_equal_is_passed_over_and_who_differs_is_told_and_stays() {
    let world = World::new().await;
    let olga = world.operator();
    let given = file(&world, "given.jsonl", (0..120).map(line));
    olga.run(&format!("import {}", given.display())).await.done();
    let before = world.folder.join("before.jsonl");
    olga.run(&format!("export {}", before.display())).await.done();
    assert_eq!(world.login("Üser.1", "mistyped").await.status, 401);
    let different = line(3).replace("user-3@example.com", "other@example.com");
    let name_of_another = line(200).replace("Üser.200", "üSER.4");
    let id_of_another = line(5).replace("Üser.5", "Somebody");
    let mixed = (0..3).map(line).chain([different, name_of_another, id_of_another]).chain((6..130).map(line));
    let mixed = file(&world, "mixed.jsonl", mixed);

    let rows = count(&world).await;

    let again = olga.run(&format!("import {} --json", given.display())).await.done().json();
    let dry = olga.run(&format!("import {} --dry-run --json", mixed.display())).await;
    assert_eq!(count(&world).await, rows);
    let told = olga.run(&format!("import {}", mixed.display())).await;
    let skipped = olga.run(&format!("import {} --json --on-conflict skip", mixed.display())).await.done();

    assert_eq!((&again["equal"], &again["imported"]), (&json!(120), &json!(0)));
    let dry_tally: Value = serde_json::from_str(dry.out.trim()).unwrap();
    let numbers = |tally: &Value| ["imported", "equal", "different", "taken"].map(|name| tally[name].as_u64().unwrap());
    assert_eq!((dry.code, numbers(&dry_tally)), (4, [10, 117, 1, 2]));
    assert_eq!(told.code, 4);
    assert!(told.out.starts_with("Users: 10 imported, 117 equal, 1 different, 2 taken in "), "{told:?}");
    assert_eq!(
        told.err.lines().take(3).collect::<Vec<_>>(),
        [
            "line 5 is a user who exists and differs",
            "line 6 has the name or the id of another user",
            "line 7 has the name or the id of another user",
        ]
    );
    assert_eq!((numbers(&skipped.json()), skipped.err.as_str()), ([0, 127, 1, 2], ""));
    let after = world.folder.join("after.jsonl");
    olga.run(&format!("export {}", after.display())).await.done();
    assert_eq!(values(&after)[..120], values(&before)[..]);
}

#[tokio::test]
async fn replacing_makes_a_user_what_the_file_says_and_never_brings_an_ended_session_back() {
    let world = World::new().await;
    let olga = world.operator();
    let carol = world.person("carol").await;
    let exported = world.folder.join("users.jsonl");
    olga.run(&format!("export {}", exported.display())).await.done();
    olga.run("user disable carol").await.done();
    let replace = format!("import {} --on-conflict replace --json", exported.display());

    let dry = olga.run(&format!("{replace} --dry-run")).await.done().json();
    assert_eq!(world.login("carol", &carol.password).await.status, 401);
    let first = olga.run(&replace).await.done().json();
    let second = olga.run(&replace).await.done().json();

    assert_eq!((&dry["replaced"], &first["replaced"], &second["replaced"], &second["equal"]), (&json!(1), &json!(1), &json!(0), &json!(1)));
    assert_eq!(world.login("carol", &carol.password).await.status, 200);
    assert_eq!(world.add_key(&carol.jwt, json!({ "name": "old session" })).await.status, 401);
    for row in world.rows("users").await.iter().filter(|row| row.contains_key("acl")) {
        assert_eq!(row["epoch"], AttributeValue::N("2".into()));
    }
}

#[tokio::test]
async fn who_has_changed_the_password_is_equal_to_the_own_export_and_a_replacement_is_told_of_it_too() {
    let world = World::new().await;
    let olga = world.operator();
    world.person("carol").await;
    olga.piping("purple-kettle-19\n").run("user passwd carol --password-stdin").await.done();
    let exported = world.folder.join("users.jsonl");
    olga.run(&format!("export {}", exported.display())).await.done();

    let again = olga.run(&format!("import {} --json", exported.display())).await.done().json();
    olga.run("user disable carol").await.done();
    olga.run(&format!("import {} --on-conflict replace", exported.display())).await.done();

    assert_eq!((&again["equal"], &again["different"]), (&json!(1), &json!(0)));
    assert_eq!(world.mails().await.len(), 1, "the password was set, whatever came after it");
}

#[tokio::test]
async fn every_wrong_line_is_told_with_its_number_and_never_with_its_hash() {
    let world = World::new().await;
    let olga = world.operator();
    let wrong = [
        line(1).replace("\"epoch\":1", "\"epoch\":-1"),
        line(2).replace("acme-2", "acme-2\"],\"website\":[\""),
        line(3).replace(ARGON2I, "$2x$06$pDd9upUbHYl7c/Cz5v6h2OF3/.lhrMHoIh3jEH/Tkzs48Hhugoule"),
        line(4).replace("$06$", "$31$"),
        "[]".to_owned(),
        line(6).replacen('{', "{\"password_hash\":\"$2b$\",", 1),
        line(7).replace("\"email\"", "\"mail\""),
    ];
    let file = file(&world, "wrong.jsonl", wrong.into_iter().chain([line(8)]));

    let said = olga.run(&format!("import {}", file.display())).await;
    let scripted = olga.run(&format!("import {} --json", file.display())).await;

    let told: Vec<_> = said.err.lines().map(|line| line.split_inclusive(' ').take(3).collect::<String>()).collect();
    assert_eq!(
        told[..7],
        ["line 2 epoch ", "line 3 acl ", "line 4 password_hash ", "line 5 password_hash ", "line 6 is ", "line 7 has ", "line 8 has "]
    );
    assert!(!format!("{said:?}{scripted:?}").contains("pDd9"), "{said:?}");
    assert_eq!((said.code, scripted.code, count(&world).await), (4, 4, 3));
    assert_eq!(serde_json::from_str::<Value>(scripted.err.lines().next().unwrap()).unwrap()["line"], 2);
    assert_eq!(serde_json::from_str::<Value>(&scripted.out).unwrap()["wrong"], 7);
}

#[tokio::test]
async fn an_epoch_that_leaves_no_room_for_password_changes_is_refused_by_its_line() {
    let world = World::new().await;
    let olga = world.operator();
    let epochs = [1 << 53, (1 << 53) + 1, u64::MAX];
    let lines = epochs.map(|epoch| line(1).replace("\"epoch\":1", &format!("\"epoch\":{epoch}")));
    let file = file(&world, "users.jsonl", lines);

    let said = olga.run(&format!("import {} --dry-run", file.display())).await;

    assert_eq!(said.code, 4);
    let told: Vec<_> = said.err.lines().take(2).collect();
    assert_eq!(told, [3, 4].map(|number| format!("line {number} epoch must be a whole number from 0 to 9007199254740992")));
    assert!(said.out.contains("1 to import"), "{said:?}");
}

#[tokio::test]
async fn a_file_that_is_none_or_is_not_whole_is_told() {
    let world = World::new().await;
    let olga = world.operator();
    let (path, exported) = (world.folder.join("users.jsonl"), world.folder.join("exported.jsonl"));
    world.insert(&world.user_row("alice", Acl::default())).await;
    olga.run(&format!("export {}", exported.display())).await.done();
    let whole = std::fs::read_to_string(&exported).unwrap();
    let cut = whole.len() - 40;

    std::fs::write(&path, &whole[..cut]).unwrap();
    let torn = olga.run(&format!("import {}", path.display())).await;
    std::fs::write(&path, "username,password\n").unwrap();
    let no_header = olga.run(&format!("import {}", path.display())).await;
    let no_file = olga.run(&format!("import {}", world.folder.join("none").display())).await;
    let no_folder = olga.run(&format!("export {}", world.folder.join("none/users.jsonl").display())).await;

    assert_eq!((torn.code, no_header.code, no_file.code, no_folder.code), (4, 2, 1, 1));
    assert!(torn.err.contains("was cut off"), "{torn:?}");
    assert!(no_header.err.contains(r#"its first line must be {"format":"latchkey-users","version":1}"#), "{no_header:?}");
    assert!(no_file.err.contains("cannot be read") && no_folder.err.contains("cannot be written"), "{no_file:?}{no_folder:?}");
}

#[tokio::test]
async fn two_imports_at_once_make_every_user_once() {
    let world = World::new().await;
    let olga = world.operator();
    let path = file(&world, "users.jsonl", (0..300).map(line));
    let import = format!("import {} --json", path.display());

    let (one, other) = tokio::join!(olga.run(&import), olga.run(&import));

    let [one, other] = [one, other].map(|said| said.done().json());
    let sum = |name: &str| one[name].as_u64().unwrap() + other[name].as_u64().unwrap();
    assert_eq!((sum("imported"), sum("equal"), count(&world).await), (300, 300, 900));
}

#[tokio::test]
async fn a_store_that_fails_stops_the_import_which_then_goes_on_where_it_was() {
    let world = World::new().await;
    let olga = world.operator();
    let path = file(&world, "users.jsonl", (0..60).map(line));
    let nowhere = world.operator_at("http://127.0.0.1:1");

    let failed = nowhere.run(&format!("import {}", path.display())).await;
    let olga_again = world.operator();
    let done = olga_again.run(&format!("import {} --json", path.display())).await.done().json();

    assert_eq!(failed.code, 1);
    assert!(failed.err.contains("run the same command again"), "{failed:?}");
    assert_eq!(done["imported"], 60);
    assert_eq!(olga.acts(), ["users.import"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_import_that_is_run_again_ends_equal() {
    let world = World::new().await;
    let given = file(&world, "given.jsonl", (0..2_000).map(line));
    let taken = world.folder.join("taken.jsonl");

    let mut program = start(&world, &format!("import {} --concurrency 2", given.display()));
    while count(&world).await < 800 {
        assert_eq!(program.try_wait().unwrap(), None, "it ended before it was killed");
    }
    program.kill().unwrap();
    program.wait().unwrap();
    let half = count(&world).await;
    let (again, _) = finish(start(&world, &format!("import {}", given.display())));
    assert!(again.success());
    world.operator().run(&format!("export {}", taken.display())).await.done();

    assert!((800..4_000).contains(&half), "{half}");
    assert_eq!(half % 2, 0, "never one row of a user without the other");
    assert_eq!(values(&taken), values(&given));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_export_leaves_no_file_that_looks_whole() {
    let world = World::new().await;
    let given = file(&world, "given.jsonl", (0..1_000).map(line));
    world.operator().run(&format!("import {}", given.display())).await.done();
    let (path, partial) = (world.folder.join("taken.jsonl"), world.folder.join("taken.jsonl.partial"));

    let mut program = start(&world, &format!("export {}", path.display()));
    while !partial.exists() {
        assert!(program.try_wait().unwrap().is_none(), "it ended before it was killed");
    }
    program.kill().unwrap();
    program.wait().unwrap();
    assert!(!path.exists());
    world.operator().run(&format!("export {}", path.display())).await.done();

    assert_eq!(values(&path), values(&given));
    assert!(!partial.exists());
}

#[tokio::test]
async fn an_export_goes_into_no_file_that_somebody_else_could_read() {
    let world = World::new().await;
    let olga = world.operator();
    world.insert(&world.user_row("alice", Acl::default())).await;
    let [path, partial, elsewhere] = ["taken.jsonl", "taken.jsonl.partial", "elsewhere"].map(|name| world.folder.join(name));
    let export = format!("export {}", path.display());
    let laid_out = |at: &Path, mode: u32| {
        std::fs::write(at, "before").unwrap();
        std::fs::set_permissions(at, Permissions::from_mode(mode)).unwrap();
    };
    let refused = async |what: &str| {
        let said = olga.run(&export).await;
        assert_eq!((said.code, path.exists()), (1, false), "{what}");
        assert!(said.err.contains("exists, and is not a file that only you can read"), "{what}: {said:?}");
        assert_eq!(std::fs::read_to_string(&partial).unwrap(), "before", "{what}");
        std::fs::remove_file(&partial).unwrap();
    };

    laid_out(&partial, 0o666);
    refused("readable by all").await;
    laid_out(&elsewhere, 0o600);
    symlink(&elsewhere, &partial).unwrap();
    refused("a symbolic link").await;
    std::fs::hard_link(&elsewhere, &partial).unwrap();
    refused("a second name").await;
    laid_out(&partial, 0o600);
    // Only root can give a file away.
    if chown(&partial, Some(65_534), None).is_ok() {
        refused("somebody else's").await;
        laid_out(&partial, 0o600);
    }
    olga.run(&export).await.done();

    assert_eq!(values(&path).len(), 1, "what a killed export left is begun anew");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

/// Run as docs/cli.md says. Every process but DynamoDB's is one of its own; its peak memory is what the kernel counted (`VmHWM`).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: docs/cli.md has the command and what it measured"]
async fn a_hundred_thousand_users_move_in_bounded_memory() {
    const USERS: u32 = 100_000;
    let (old, new) = (World::new().await, World::new().await);
    let given = file(&old, "given.jsonl", (0..USERS).map(line));
    let [exported, again] = ["exported.jsonl", "again.jsonl"].map(|name| old.folder.join(name));

    measure("import into an empty stack", start(&old, &format!("import {}", given.display())));
    measure("export", start(&old, &format!("export {}", exported.display())));
    let mut program = start(&new, &format!("import {}", exported.display()));
    while count(&new).await < USERS as usize {
        tokio::task::yield_now().await;
    }
    program.kill().unwrap();
    program.wait().unwrap();
    println!("killed with {} users", count(&new).await / 2);
    assert!(count(&new).await < 2 * USERS as usize);
    measure("import, run again", start(&new, &format!("import {}", exported.display())));
    measure("import of who is there", start(&new, &format!("import {}", exported.display())));
    measure("export again", start(&new, &format!("export {}", again.display())));

    assert_eq!(sorted(&exported), sorted(&again));
    assert_eq!(values(&exported), values(&given));
}

fn measure(what: &str, program: Child) {
    let started = Instant::now();
    let (status, said) = finish(program);
    let peak = said.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().trim().to_owned();
    let kib: u64 = peak.split(' ').next().unwrap().parse().unwrap();
    println!("{what}: {:.1} s, peak {} MiB", started.elapsed().as_secs_f64(), kib / 1024);
    assert!(status.success(), "{said}");
    assert!(kib < 100 * 1024, "{what}: {peak}");
}

/// The program as a process of its own, which can be killed.
fn start(world: &World, words: &str) -> Child {
    world.operator();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["cli::transfer::the_program_itself", "--exact", "--ignored", "--nocapture"]);
    command.env("LATCHKEY_TEST_WORDS", words).current_dir(&world.folder);
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits for its end; what it complained of.
fn finish(program: Child) -> (ExitStatus, String) {
    let output = tokio::task::block_in_place(|| program.wait_with_output()).unwrap();
    (output.status, String::from_utf8(output.stderr).unwrap())
}

#[test]
#[ignore = "is the program, in a process that other tests start; by itself it does nothing"]
fn the_program_itself() {
    let Some(words) = std::env::var_os("LATCHKEY_TEST_WORDS") else { return };
    let words = words.into_string().unwrap();
    let arguments = ["latchkey"].into_iter().chain(words.split_whitespace()).map(Into::into).collect::<Vec<_>>();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let code = runtime.block_on(latchkey_cli::run(arguments, ProcessContext::of_process().unwrap()));
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    eprintln!("{}", status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default());
    std::process::exit(code.into());
}
