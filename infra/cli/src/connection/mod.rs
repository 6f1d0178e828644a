//! The stack that a command works on: its tables and key sets. Imports [`crate::key_sets`] and `latchkey::store`.

mod aws;
mod local;

use std::path::{Path, PathBuf};

use clap::Args;
use latchkey::domain::{SharedClock, Timestamp};
use latchkey::runtime::Environment;
use latchkey::store::{Database, Directory, Tables};
use tokio::sync::OnceCell;

use crate::Failure;
use crate::context::ProcessContext;
use crate::key_sets::KeySets;
use crate::output::Output;

/// Which stack, and how to answer.
#[derive(Clone, Debug, Default, Args)]
pub struct Target {
    /// Use the local stack, which `latchkey dev` runs; DIR is its data directory
    #[arg(long, global = true, value_name = "DIR", num_args = 0..=1, require_equals = true, default_missing_value = ".local")]
    local: Option<PathBuf>,
    /// Use the CloudFormation stack of that name in AWS; LATCHKEY_STACK sets the default
    #[arg(long, global = true, value_name = "NAME", conflicts_with = "local")]
    stack: Option<String>,
    /// Answer in JSON: one document, or one document a line for a list
    #[arg(long, global = true)]
    pub json: bool,
    /// The file to record changes in
    #[arg(long, global = true, value_name = "FILE")]
    journal: Option<PathBuf>,
}

/// Where the stack is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// On this machine, with that data directory.
    Local(PathBuf),
    /// In AWS: the CloudFormation stack of that name.
    Aws(String),
}

/// A stack, and everything else that a command needs.
pub struct Connection {
    /// The tables.
    pub database: Database,
    /// What only an operator asks of the tables.
    pub directory: Directory,
    /// The tables' names.
    pub tables: Tables,
    /// A client for what is not about rows, such as the settings of the tables.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// The three key sets.
    pub key_sets: KeySets,
    /// Where answers go.
    pub output: Output,
    /// The clock.
    pub clock: SharedClock,
    /// The environment variables.
    pub environment: Environment,
    /// Where the stack is.
    pub place: Place,
    /// The directory that the arguments' file names are relative to.
    pub folder: PathBuf,
    /// The file to record changes in.
    pub(crate) journal: PathBuf,
    /// Asks STS who the operator is; `None` locally.
    pub(crate) identity: Option<aws_sdk_sts::Client>,
    /// The operator's name, once it was asked for.
    pub(crate) operator: OnceCell<String>,
}

impl Connection {
    /// Finds the stack that `target` names. This asks a stack in AWS for its outputs, and only reads a file for the
    /// local one.
    ///
    /// # Errors
    /// If there is no such stack; the text says what to do.
    pub async fn open(target: &Target, context: ProcessContext, output: Output) -> Result<Self, Failure> {
        let ProcessContext { environment, directory, clock, .. } = context;
        let journal = target.journal.as_ref().map(|path| directory.join(path));
        let parts = match (&target.local, &target.stack) {
            (_, Some(stack)) => aws::open(stack, &environment).await?,
            (Some(data), None) => local::open(&directory.join(data))?,
            (None, None) => match environment.optional("LATCHKEY_STACK") {
                Some(stack) => aws::open(&stack, &environment).await?,
                None => local::open_if_there(&directory.join(".local"))?,
            },
        };
        let Parts { dynamodb, tables, key_sets, place, identity } = parts;
        let database = Database::new(dynamodb.clone(), tables.clone());
        let journal = journal.map_or_else(|| default_journal(&place, &environment), Ok)?;
        Ok(Self {
            directory: Directory::new(&database),
            database,
            tables,
            dynamodb,
            key_sets,
            output,
            clock,
            environment,
            place,
            folder: directory,
            journal,
            identity,
            operator: OnceCell::new(),
        })
    }

    /// The path of a file that an argument names.
    #[must_use]
    pub fn file(&self, named: &Path) -> PathBuf {
        self.folder.join(named)
    }

    /// The time by the injected clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// What a stack consists of.
struct Parts {
    dynamodb: aws_sdk_dynamodb::Client,
    tables: Tables,
    key_sets: KeySets,
    place: Place,
    identity: Option<aws_sdk_sts::Client>,
}

/// In the local stack's data directory; for AWS, in the operator's XDG state directory.
fn default_journal(place: &Place, environment: &Environment) -> Result<PathBuf, Failure> {
    let state = match place {
        Place::Local(data) => return Ok(data.join("journal.jsonl")),
        Place::Aws(_) => environment.optional("XDG_STATE_HOME").map(PathBuf::from),
    };
    let home = || environment.optional("HOME").map(|home| PathBuf::from(home).join(".local/state"));
    let state = state.or_else(home).ok_or_else(|| Failure::Usage("Neither XDG_STATE_HOME nor HOME is set. Use --journal.".into()))?;
    Ok(state.join("latchkey/journal.jsonl"))
}
