//! What `sam local` needs, whose containers see neither this machine's files nor AWS. Imports [`crate::data`], [`crate::keys`],
//! [`crate::ses`] and [`crate::tables`].
//!
//! `sam local` gives a function the variables that the template names and no others, so the addresses of the database and of the
//! mail are written into the image.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use dynoxide::{Database, server};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

use crate::data::{DataDirectory, write_private};
use crate::keys::KeyFiles;
use crate::template::Table;
use crate::{ses, tables};

/// The address at which `sam local start-api` listens unless it is told otherwise.
pub const START_API: &str = "http://127.0.0.1:3000";

/// The database and the mail, where containers reach them.
#[derive(Debug)]
pub struct Doors {
    dynamodb: TcpListener,
    ses: TcpListener,
}

impl Doors {
    /// Listens on free ports of `address`: this machine's as containers see it. Loopback is enough where Docker runs in a virtual
    /// machine, as Docker Desktop does.
    ///
    /// # Errors
    /// If this machine does not have the address.
    pub async fn open(address: IpAddr) -> Result<Self> {
        let listen = || async { TcpListener::bind((address, 0)).await.with_context(|| format!("{address} can't be listened on")) };
        Ok(Self { dynamodb: listen().await?, ses: listen().await? })
    }

    /// Serves `database`, and writes the mails into `folder`; does not return.
    pub async fn serve(self, database: Database, folder: PathBuf) {
        let _ = tokio::join!(server::serve_on(self.dynamodb, database), ses::serve(self.ses, folder));
    }

    /// AWS's image, with the way to here.
    fn dockerfile(&self) -> Result<String> {
        let [dynamodb, ses] = [url(&self.dynamodb)?, url(&self.ses)?];
        Ok(format!(
            "ARG ARCHITECTURE=x86_64\nFROM public.ecr.aws/lambda/provided:al2023-${{ARCHITECTURE}}\n\
             ENV AWS_ENDPOINT_URL_DYNAMODB={dynamodb} AWS_ENDPOINT_URL_SESV2={ses}\n"
        ))
    }
}

/// In a container its own loopback is another one.
fn url(listener: &TcpListener) -> Result<String> {
    let address = listener.local_addr()?;
    let port = address.port();
    Ok(if address.ip().is_loopback() { format!("http://host.docker.internal:{port}") } else { format!("http://{address}") })
}

/// Writes what `sam local` takes: for `--env-vars` this stack's own keys inline and the rest as in a deployed stack, and what
/// `docker build` makes its image of.
///
/// # Errors
/// If a key file can't be read, or a file can't be written.
pub fn write(data: &DataDirectory, keys: &KeyFiles, made: &[Table], doors: &Doors) -> Result<()> {
    let inline = |path: &Path| Ok::<_, anyhow::Error>(Value::String(format!("inline:{}", fs::read_to_string(path)?)));
    let mut variables = Map::from_iter([
        ("ISSUER".to_owned(), json!(START_API)),
        ("AUDIENCE".to_owned(), json!(START_API)),
        ("SIGNING_KEYS".to_owned(), inline(&keys.signing)?),
        ("VERIFICATION_KEYS".to_owned(), inline(&keys.verification)?),
        ("TOKEN_KEYS".to_owned(), inline(&keys.token)?),
        ("MAIL_FROM".to_owned(), json!("latchkey@example.com")),
    ]);
    variables.extend(made.iter().map(|table| (format!("{}_TABLE", table.stem.to_ascii_uppercase()), tables::name(table).into())));
    write_private(&data.sam(), &json!({ "Parameters": variables }).to_string())?;
    write_private(&data.sam_image(), &doors.dockerfile()?)
}
