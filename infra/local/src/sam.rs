//! Variables for `sam local`, whose containers see neither this machine's files nor Secrets Manager. Imports [`crate::data`],
//! [`crate::keys`] and [`crate::tables`].

use std::fs;
use std::path::Path;

use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::data::write_private;
use crate::keys::KeyFiles;
use crate::tables;
use crate::template::Table;

/// Writes the file that `sam local invoke --env-vars` takes: this stack's own keys inline, the rest as in a deployed stack.
///
/// # Errors
/// If a key file can't be read, or the file can't be written.
pub fn write(path: &Path, keys: &KeyFiles, made: &[Table]) -> Result<()> {
    let inline = |path: &Path| Ok::<_, anyhow::Error>(Value::String(format!("inline:{}", fs::read_to_string(path)?)));
    let mut variables = Map::from_iter([
        ("ISSUER".to_owned(), json!("http://127.0.0.1:3000")),
        ("AUDIENCE".to_owned(), json!("http://127.0.0.1:3000")),
        ("SIGNING_KEYS".to_owned(), inline(&keys.signing)?),
        ("VERIFICATION_KEYS".to_owned(), inline(&keys.verification)?),
        ("TOKEN_KEYS".to_owned(), inline(&keys.token)?),
        ("MAIL_TRANSPORT".to_owned(), json!("directory:/tmp/mail")),
        ("MAIL_FROM".to_owned(), json!("latchkey@example.com")),
    ]);
    variables.extend(made.iter().map(|table| (format!("{}_TABLE", table.stem.to_ascii_uppercase()), tables::name(table).into())));
    write_private(path, &json!({ "Parameters": variables }).to_string())
}
