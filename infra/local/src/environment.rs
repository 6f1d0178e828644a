//! The environment of the functions: what `template.yaml` gives them in AWS, with this machine's values. Imports [`crate::keys`], [`crate::tables`].

use std::env;
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
    /// Where links in mails lead.
    pub app_url: &'s str,
    /// The embedded DynamoDB's address.
    pub dynamodb: &'s str,
    /// The address where Secrets Manager is stood in for.
    pub secrets_manager: &'s str,
    /// The tables in the database.
    pub tables: &'s [Table],
    /// The key sets.
    pub keys: &'s KeyFiles,
    /// Where mails are written.
    pub mail: &'s Path,
}

/// Names and values of variables.
pub type Variables = Vec<(OsString, OsString)>;

/// The variables of this process that the functions inherit: settings that override defaults, but nothing of a developer's own AWS
/// account. No local call may leave the machine.
#[must_use]
pub fn inherited() -> Variables {
    env::vars_os().filter(|(name, _)| !name.as_encoded_bytes().starts_with(b"AWS_")).collect()
}

/// The variables of every function: what has no default in the code, and where this stack explains its problems.
#[must_use]
pub fn variables(stack: &StackResources<'_>) -> Variables {
    let mut mail = OsString::from("directory:");
    mail.push(stack.mail);
    let mut variables: Variables = vec![
        ("ISSUER".into(), stack.url.into()),
        ("APP_URL".into(), stack.app_url.into()),
        ("PROBLEM_TYPES_URL".into(), format!("{}/docs/errors", stack.url).into()),
        ("MAIL_TRANSPORT".into(), mail),
        ("MAIL_FROM".into(), "latchkey@example.com".into()),
        ("AWS_REGION".into(), "local".into()),
        ("AWS_ACCESS_KEY_ID".into(), "local".into()),
        ("AWS_SECRET_ACCESS_KEY".into(), "local".into()),
        ("AWS_EC2_METADATA_DISABLED".into(), "true".into()),
        ("AWS_ENDPOINT_URL_DYNAMODB".into(), stack.dynamodb.into()),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER".into(), stack.secrets_manager.into()),
    ];
    let tables = stack.tables.iter().map(|table| (format!("{}_TABLE", table.stem.to_ascii_uppercase()).into(), tables::name(table).into()));
    variables.extend(tables);
    variables.extend(stack.keys.secrets().map(|secret| (secret.variable.into(), format!("secretsmanager:{}", secret.id).into())));
    variables
}
