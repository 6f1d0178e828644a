//! The environment of the functions: what `template.yaml` gives them in AWS, with this machine's values. Imports [`crate::keys`], [`crate::tables`].

use std::ffi::OsString;
use std::path::Path;

use crate::keys::KeyFiles;
use crate::tables;
use crate::template::Table;

/// What the functions have to know of this stack.
#[derive(Debug)]
pub struct StackResources<'s> {
    /// `http://127.0.0.1:9000`
    pub url: &'s str,
    /// The embedded DynamoDB's address.
    pub dynamodb: &'s str,
    /// The tables there.
    pub tables: &'s [Table],
    /// The files of the key sets.
    pub keys: &'s KeyFiles,
    /// Where mails are written.
    pub mail: &'s Path,
}

/// Settings of a developer's own AWS account, which the functions must not inherit: no local call may leave the machine.
pub const REMOVED: [&str; 7] = [
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_ENDPOINT_URL",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
];

/// The variables of every function: what has no default in the code, and nothing else.
#[must_use]
pub fn variables(stack: &StackResources<'_>) -> Vec<(OsString, OsString)> {
    let mut variables: Vec<(OsString, OsString)> = vec![
        ("ISSUER".into(), stack.url.into()),
        ("SIGNING_KEYS".into(), source("file:", &stack.keys.signing)),
        ("VERIFICATION_KEYS".into(), source("file:", &stack.keys.verification)),
        ("TOKEN_KEYS".into(), source("file:", &stack.keys.token)),
        ("MAIL_TRANSPORT".into(), source("directory:", stack.mail)),
        ("MAIL_FROM".into(), "latchkey@example.com".into()),
        ("AWS_REGION".into(), "local".into()),
        ("AWS_ACCESS_KEY_ID".into(), "local".into()),
        ("AWS_SECRET_ACCESS_KEY".into(), "local".into()),
        ("AWS_EC2_METADATA_DISABLED".into(), "true".into()),
        ("AWS_ENDPOINT_URL_DYNAMODB".into(), stack.dynamodb.into()),
    ];
    let tables = stack.tables.iter().map(|table| (format!("{}_TABLE", table.stem.to_ascii_uppercase()).into(), tables::name(table).into()));
    variables.extend(tables);
    variables
}

fn source(scheme: &str, path: &Path) -> OsString {
    let mut source = OsString::from(scheme);
    source.push(path);
    source
}
