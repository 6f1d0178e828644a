//! The stack that a command works on: its tables and its key sets. Imports [`crate::key_sets`] and `latchkey::store`.

mod aws;
mod local;

use std::path::{Path, PathBuf};

use latchkey::domain::{SharedClock, Timestamp};
use latchkey::runtime::Environment;
use latchkey::store::{Database, Directory, Tables};
use tokio::sync::OnceCell;

use crate::arguments::Target;
use crate::key_sets::KeySets;
use crate::output::Output;
use crate::{Failure, ProcessContext};

/// Where the stack is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// On this machine; its data directory.
    Local(PathBuf),
    /// In AWS; the CloudFormation stack's name.
    Aws(String),
}

/// A stack, and what a command has around it.
pub struct Connection {
    /// The tables.
    pub database: Database,
    /// What only an operator asks of the tables.
    pub directory: Directory,
    /// The tables' names.
    pub tables: Tables,
    /// A client for what is not about rows, such as the tables' settings.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// The three key sets.
    pub key_sets: KeySets,
    /// Where answers go.
    pub output: Output,
    /// The clock.
    pub clock: SharedClock,
    /// The variables.
    pub environment: Environment,
    /// Where the stack is.
    pub place: Place,
    /// The folder that file names of arguments are relative to.
    pub folder: PathBuf,
    /// The file that is told what was changed.
    pub(crate) journal: PathBuf,
    /// What STS tells who the operator is.
    pub(crate) identity: Option<aws_sdk_sts::Client>,
    /// The operator, once somebody asked.
    pub(crate) operator: OnceCell<String>,
}

impl Connection {
    /// Finds the stack that `target` names. The local one is not talked to yet; one in AWS is asked for its outputs.
    ///
    /// # Errors
    /// If there is no such stack, in a sentence that says what to do.
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

    /// The file that an argument names.
    #[must_use]
    pub fn file(&self, named: &Path) -> PathBuf {
        self.folder.join(named)
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// What a place is made of.
struct Parts {
    dynamodb: aws_sdk_dynamodb::Client,
    tables: Tables,
    key_sets: KeySets,
    place: Place,
    identity: Option<aws_sdk_sts::Client>,
}

/// Beside the local stack's data; for AWS in the operator's state directory (XDG).
fn default_journal(place: &Place, environment: &Environment) -> Result<PathBuf, Failure> {
    let state = match place {
        Place::Local(data) => return Ok(data.join("journal.jsonl")),
        Place::Aws(_) => environment.optional("XDG_STATE_HOME").map(PathBuf::from),
    };
    let home = || environment.optional("HOME").map(|home| PathBuf::from(home).join(".local/state"));
    let state = state.or_else(home).ok_or_else(|| Failure::Usage("Neither XDG_STATE_HOME nor HOME is set. Name a --journal.".into()))?;
    Ok(state.join("latchkey/journal.jsonl"))
}
