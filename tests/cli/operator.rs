//! An operator in front of the program.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use latchkey::domain::{Secret, SharedClock};
use latchkey::runtime::Environment;
use latchkey_cli::ProcessContext;
use latchkey_cli::terminal::Terminal;
use serde_json::{Value, json};

use crate::house::World;

/// Somebody who types commands, and answers what they ask.
#[derive(Clone)]
pub struct Operator {
    pub directory: PathBuf,
    pub environment: Environment,
    pub clock: SharedClock,
    pub answers: VecDeque<String>,
    pub stdin: Option<String>,
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    pub code: u8,
    pub out: String,
    pub err: String,
}

impl Said {
    /// The one document that was answered.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The documents of a list.
    pub fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The same, if it succeeded.
    #[track_caller]
    pub fn done(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }
}

impl Operator {
    /// Runs `latchkey` with these words, in JSON if they ask for it.
    pub async fn run(&self, words: &str) -> Said {
        self.run_args(words.split_whitespace()).await
    }

    /// The same with arguments that have spaces.
    pub async fn run_args<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Said {
        let terminal = Arc::new(Script { said: Mutex::default(), answers: Mutex::new(self.answers.clone()), stdin: self.stdin.clone() });
        let context = ProcessContext {
            environment: self.environment.clone(),
            directory: self.directory.clone(),
            clock: self.clock.clone(),
            terminal: terminal.clone(),
        };
        let arguments = ["latchkey"].into_iter().chain(arguments).map(OsString::from);
        let code = Box::pin(latchkey_cli::run(arguments.collect::<Vec<_>>(), context)).await;
        let (out, err) = terminal.said.lock().unwrap().clone();
        Said { code, out, err }
    }

    /// Somebody who answers questions with these lines.
    pub fn answering<const N: usize>(&self, answers: [&str; N]) -> Self {
        Self { answers: answers.map(str::to_owned).into(), ..self.clone() }
    }

    /// Somebody who pipes this into the program.
    pub fn piping(&self, stdin: &str) -> Self {
        Self { stdin: Some(stdin.to_owned()), ..self.clone() }
    }

    /// The lines of the journal.
    pub fn journal(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.directory.join(".local/journal.jsonl")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The acts that the journal has as done.
    pub fn acts(&self) -> Vec<String> {
        self.recorded("event")
    }

    /// The acts that the journal has as `intent`, `event`, `unchanged` or `failed`.
    pub fn recorded(&self, word: &str) -> Vec<String> {
        let lines = self.journal().into_iter().filter(|line| line.get(word).is_some());
        lines.map(|line| line["operation"].as_str().unwrap().to_owned()).collect()
    }
}

impl World {
    /// An operator in a folder beside which this world is the local stack.
    pub fn operator(&self) -> Operator {
        self.operator_at(&self.setup.environment.required("AWS_ENDPOINT_URL_DYNAMODB").unwrap())
    }

    /// The same with another way to the tables.
    pub fn operator_at(&self, dynamodb: &str) -> Operator {
        let data = self.folder.join(".local");
        std::fs::create_dir_all(&data).unwrap();
        let stack = json!({
            "dynamodb": dynamodb,
            "tables": { "users": "latchkey-users", "tokens": "latchkey-tokens", "sessions": "latchkey-sessions" },
            "keys": {
                "signing": self.folder.join("signing.json"),
                "verification": self.folder.join("verification.json"),
                "token": self.folder.join("token.json"),
            },
        });
        std::fs::write(data.join("stack.json"), stack.to_string()).unwrap();
        Operator {
            directory: self.folder.clone(),
            environment: Environment::from([("ARGON2_MEMORY_KIB", "7168"), ("ARGON2_ITERATIONS", "1"), ("USER", "olga")]),
            clock: self.setup.clock.clone(),
            answers: VecDeque::new(),
            stdin: None,
        }
    }
}

struct Script {
    said: Mutex<(String, String)>,
    answers: Mutex<VecDeque<String>>,
    stdin: Option<String>,
}

impl Terminal for Script {
    fn say(&self, text: &str) {
        self.said.lock().unwrap().0.push_str(&format!("{text}\n"));
    }

    fn complain(&self, text: &str) {
        self.said.lock().unwrap().1.push_str(&format!("{text}\n"));
    }

    fn is_watched(&self) -> bool {
        false
    }

    fn ask(&self, _question: &str) -> std::io::Result<Option<String>> {
        Ok(self.answers.lock().unwrap().pop_front())
    }

    fn ask_password(&self, _question: &str) -> std::io::Result<Option<Secret>> {
        Ok(self.answers.lock().unwrap().pop_front().map(Secret::new))
    }

    fn read_all(&self) -> std::io::Result<Secret> {
        Ok(Secret::new(self.stdin.clone().unwrap_or_default()))
    }
}
