//! docs/costs.md says what each operation costs, as the last run of the tests measured it.
//!
//! An operation's own test measures its cases with [`World::measure`](crate::house::World::measure). `make costs` measures them alone and
//! writes the table.

use std::collections::BTreeSet;
use std::fs;

use latchkey::http::Operation;
use latchkey_local::template::rights;

use crate::house::{measured_costs, root, template};

const HEAD: &str = "| operation | requests in sequence | requests | read units | write units |\n|---|---|---|---|---|\n";

/// The most that these may cost, in read and write units: what a month's bill is made of. Raise none of them unnoticed.
const BUDGET: [(&str, u32, u32); 42] = [
    // One of the reads is whose the address is. The request for the mail is an item of the transaction that makes the token; alone the
    // token is one unit.
    ("authentication-token-create (with a one-time password)", 4, 4),
    ("authentication-token-exchange", 3, 1),
    ("authentication-token-exchange (for another user)", 4, 1),
    ("authentication-token-exchange (with a one-time password)", 3, 4),
    ("authentication-token-delete", 0, 1),
    // Two of the write units count the user's keys, and two ask for the mail that tells of the key.
    ("authheader-add", 0, 10),
    ("authheader-delete", 0, 6),
    ("authorizer (a login)", 2, 0),
    ("authorizer (a session)", 1, 0),
    // One of the reads is that other user's row: whether the user is a member.
    ("entity-token-create (for another user)", 5, 1),
    ("entity-token-delete", 4, 1),
    // Two of the units are the API key of the caller who asks.
    ("introspect (a login)", 4, 0),
    ("introspect (a session)", 3, 0),
    // A claim before the mail and a note after it; a repeated delivery is recognised by the claim.
    // One of the reads is whose the address is.
    ("mailer (a notice)", 3, 2),
    ("mailer (a notice, again)", 3, 1),
    ("session-delete (by its issuer)", 3, 1),
    ("session-delete (its own)", 1, 1),
    ("session-get (by its issuer)", 3, 0),
    ("session-get (its own)", 1, 0),
    // A write each for the attempt under the name, the attempt from the address, and the session. The second came with the limit
    // per address: a count that is only read first would let through as many guesses as are under way at once.
    // The login, the password's attempts, and the mail. The credential's rows and the one under the name are the reads.
    ("user-email", 3, 3),
    // The user, the row of the former address, and the text of the ACL; five rows that are written in a transaction, a notice among them,
    // and one that is deleted.
    ("user-email-confirm", 3, 14),
    ("user-login", 1, 3),
    ("user-login (by e-mail address)", 3, 3),
    ("user-login (a wrong password)", 1, 3),
    // It is counted in a transaction with the request for the mail that tells of it, in a row of more than a kilobyte by now.
    ("user-login (the hundredth wrong password in a row)", 1, 8),
    // The request for the mail, which is also its throttle.
    ("user-forgot-password", 0, 1),
    ("user-logout", 0, 1),
    ("user-renew", 2, 0),
    // Two rows of the user and the request for the mail in a transaction, and the attempts under the name, which are forgotten.
    ("user-reset-password", 1, 7),
    // The row in the list as well, once: it shows that the address is proven.
    ("user-reset-password (an address that was not proven)", 1, 9),
    // A transaction costs double: the two rows of the user, and the session.
    ("user-sessions-end", 2, 6),
    ("user-sessions-list", 3, 0),
    ("user-sign-up", 0, 1),
    // The user's three rows, the address's and the session's, in a transaction.
    ("user-sign-up-confirm", 1, 10),
    // Three rows of the user, and with an address its row and a check that it is nobody's name, in a transaction; one unit each of the
    // credential's two rows.
    ("users-create", 2, 10),
    ("users-create (with an invitation)", 2, 12),
    ("users-delete", 12, 20),
    ("users-get", 3, 0),
    ("users-invite", 3, 1),
    // The credential's two, and a page of a few kilobytes.
    ("users-list (ten users)", 3, 0),
    ("users-list (a hundred users)", 6, 0),
    ("users-update", 4, 6),
];

/// Every operation of the API, and every other function that may ask something of a table.
fn functions() -> BTreeSet<String> {
    let may_ask = rights(template()).into_iter().filter(|(_, rights)| rights.iter().any(|(action, _)| action.starts_with("dynamodb:")));
    let mut functions: BTreeSet<_> = may_ask.map(|(function, _)| function).collect();
    macro_rules! add {
        ($operation:ty) => {
            functions.insert(<$operation>::NAME.to_owned())
        };
    }
    crate::operations::each_operation!(add);
    functions
}

#[test]
#[ignore = "compares what the run before it measured: `make test` runs it after all others"]
fn docs_costs_says_what_the_run_measured() {
    let rows = measured_costs::of_the_last_run();
    let unmeasured: Vec<_> =
        functions().into_iter().filter(|name| !rows.iter().any(|row| row.starts_with(&format!("| {name} ")))).collect();
    assert!(unmeasured.is_empty(), "no test measures {unmeasured:?}: see World::measure");

    let page = root().join("docs/costs.md");
    let docs = fs::read_to_string(&page).unwrap();
    let (before, rest) = docs.split_once(HEAD).unwrap();
    let (_, after) = rest.split_once("\n\n").unwrap();
    let measured = format!("{before}{HEAD}{}\n\n{after}", rows.join("\n"));

    for (case, reads, writes) in BUDGET {
        let row = rows.iter().find(|row| row.starts_with(&format!("| {case} | ")));
        let units: Vec<f64> =
            row.unwrap_or_else(|| panic!("no test measures {case}")).split('|').filter_map(|cell| cell.trim().parse().ok()).collect();
        let [_, measured_reads, measured_writes] = units[..] else { panic!("{row:?}") };
        assert!(measured_reads <= reads.into() && measured_writes <= writes.into(), "{case} costs {units:?}, budget {reads} and {writes}");
    }

    if std::env::var_os("LATCHKEY_WRITE_COSTS").is_some() {
        fs::write(page, measured).unwrap();
    } else {
        assert!(docs == measured, "docs/costs.md differs from what was measured; `make costs` writes:\n{HEAD}{}", rows.join("\n"));
    }
}
