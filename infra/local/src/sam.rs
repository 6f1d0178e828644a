//! What `sam local` needs, whose containers see neither this machine's files nor AWS. Imports [`crate::data`], [`crate::docker`],
//! [`crate::dynamodb`], [`crate::keys`], [`crate::secrets_manager`], [`crate::ses`] and [`crate::tables`].
//!
//! `sam local` gives a function the variables that the template names and no others, so the addresses of the database, the keys and
//! the mail are written into the image.

use std::path::PathBuf;

use anyhow::{Context, Result};
use dynoxide::Database;
use serde_json::{Map, json};
use tokio::net::TcpListener;

use crate::data::{DataDirectory, write_private};
use crate::keys::KeyFiles;
use crate::template::Table;
use crate::{docker, dynamodb, secrets_manager, ses, tables};

/// The address at which `sam local start-api` listens unless it is told otherwise.
pub const START_API: &str = "http://127.0.0.1:3000";

/// The database, the keys and the mail, where containers reach them.
#[derive(Debug)]
pub struct Doors {
    dynamodb: TcpListener,
    secrets_manager: TcpListener,
    ses: TcpListener,
}

impl Doors {
    /// Listens on free ports of this machine's address as containers see it.
    ///
    /// # Errors
    /// If Docker does not answer, or the address can't be listened on.
    pub async fn open() -> Result<Self> {
        let address = docker::host_address().await?;
        let listen = || async { TcpListener::bind((address, 0)).await.with_context(|| format!("{address} can't be listened on")) };
        Ok(Self { dynamodb: listen().await?, secrets_manager: listen().await?, ses: listen().await? })
    }

    /// Serves `database` and `keys`, and writes the mails into `folder`; does not return.
    pub async fn serve(self, database: Database, keys: KeyFiles, folder: PathBuf) {
        let _ = tokio::join!(
            dynamodb::serve(self.dynamodb, database),
            secrets_manager::serve(self.secrets_manager, keys),
            ses::serve(self.ses, folder)
        );
    }

    /// AWS's image, with the way to here.
    fn dockerfile(&self) -> Result<String> {
        let [dynamodb, secrets_manager, ses] = [url(&self.dynamodb)?, url(&self.secrets_manager)?, url(&self.ses)?];
        Ok(format!(
            "ARG ARCHITECTURE=x86_64\nFROM public.ecr.aws/lambda/provided:al2023-${{ARCHITECTURE}}\n\
             ENV AWS_ENDPOINT_URL_DYNAMODB={dynamodb} AWS_ENDPOINT_URL_SECRETS_MANAGER={secrets_manager} AWS_ENDPOINT_URL_SESV2={ses}\n"
        ))
    }
}

/// In a container its own loopback is another one.
fn url(listener: &TcpListener) -> Result<String> {
    let address = listener.local_addr()?;
    let port = address.port();
    Ok(if address.ip().is_loopback() { format!("http://host.docker.internal:{port}") } else { format!("http://{address}") })
}

/// Writes what `sam local` takes: for `--env-vars` the names of this stack's tables and secrets, and what `docker build` makes its image
/// of.
///
/// # Errors
/// If a file can't be written.
pub fn write(data: &DataDirectory, keys: &KeyFiles, made: &[Table], doors: &Doors) -> Result<()> {
    let mut variables = Map::from_iter([
        ("ISSUER".to_owned(), json!(START_API)),
        ("AUDIENCE".to_owned(), json!(START_API)),
        ("MAIL_FROM".to_owned(), json!("latchkey@example.com")),
    ]);
    variables.extend(made.iter().map(|table| (format!("{}_TABLE", table.stem.to_ascii_uppercase()), tables::name(table).into())));
    variables.extend(keys.secrets().map(|secret| (secret.variable.to_owned(), format!("secretsmanager:{}", secret.id).into())));
    write_private(&data.sam(), &json!({ "Parameters": variables }).to_string())?;
    write_private(&data.sam_image(), &doors.dockerfile()?)
}
