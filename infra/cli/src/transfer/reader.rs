//! Reads and checks the lines of a file of users in a thread of its own, in batches that fit into one transaction.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use latchkey::store::UserRow;
use latchkey::store::bulk::{USERS_AT_ONCE, places};
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::line::{FORMAT, Header, VERSION};
use super::parse::{self, Line, LineError};

/// The longest line that is accepted; a row has at most 400 KB.
const LINE_BYTES: usize = 128 * 1024;
/// The most bytes of lines in one batch: a transaction has at most 4 MB, and has each user twice.
const BATCH_BYTES: usize = 1024 * 1024;

/// What the reader found.
#[derive(Debug)]
pub enum Found {
    /// Users and their line numbers. No two share a name, an id or an address.
    Users(Vec<(u64, UserRow)>),
    /// A line that was refused.
    Wrong(u64, LineError),
    /// The first line is not a valid header; a sentence says why.
    NoHeader(String),
    /// The file was cut off: its end line is missing.
    CutOff,
    /// The rest of the file cannot be read.
    Failed(io::Error),
}

/// Something that the reader found, and how many bytes it read for that.
pub struct Step {
    /// What the reader found.
    pub found: Found,
    /// The bytes since the last step.
    pub bytes: u64,
}

/// Opens `path` (`-` is standard input) and reads a few steps ahead. Also returns the file's size, if it is known.
pub fn read(path: &Path) -> io::Result<(Receiver<Step>, Option<u64>)> {
    let (input, size): (Box<dyn Read + Send>, _) = if path == Path::new("-") {
        (Box::new(io::stdin()), None)
    } else {
        let file = File::open(path)?;
        let size = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
        (Box::new(file), size)
    };
    let (sender, receiver) = mpsc::channel(4);
    // Not a thread of the runtime, which would wait at its end for a standard input that never ends.
    std::thread::spawn(move || Reader::new(BufReader::new(input), sender).run());
    Ok((receiver, size))
}

struct Reader<R> {
    input: R,
    sender: Sender<Step>,
    /// The number of the line that was read last.
    line: u64,
    bytes: u64,
    batch: Vec<(u64, UserRow)>,
    batch_bytes: usize,
    places: HashSet<String>,
}

/// Nobody receives the steps any more.
struct Stopped;

enum Text {
    Whole,
    /// The last line, which has no newline.
    Last,
    TooLong,
}

impl<R: BufRead> Reader<R> {
    fn new(input: R, sender: Sender<Step>) -> Self {
        Self { input, sender, line: 0, bytes: 0, batch: Vec::new(), batch_bytes: 0, places: HashSet::new() }
    }

    fn run(mut self) {
        // The receiver knows why it stopped.
        let _ = self.read_all();
    }

    fn read_all(&mut self) -> Result<(), Stopped> {
        let mut buffer = Vec::new();
        let (mut header, mut end, mut users): (Option<Header>, Option<u64>, u64) = (None, None, 0);
        loop {
            let text = match self.next(&mut buffer) {
                Ok(Some(text)) => text,
                Ok(None) => break,
                Err(error) => return self.send(Found::Failed(error)),
            };
            if header.is_none() {
                match parse_header(&buffer) {
                    Ok(parsed) => header = Some(parsed),
                    Err(sentence) => return self.send(Found::NoHeader(sentence)),
                }
                continue;
            }
            if buffer.trim_ascii().is_empty() {
                continue;
            }
            let parsed = match text {
                _ if end.is_some() => Err(LineError::AfterTheEnd),
                Text::TooLong => Err(LineError::TooLong(LINE_BYTES)),
                Text::Whole => parse::parse(&buffer),
                // A complete object without a newline was written by hand; an incomplete one was cut off.
                Text::Last => {
                    parse::parse(&buffer).map_err(|error| if error == LineError::NotAnObject { LineError::CutOff } else { error })
                }
            };
            match parsed {
                Ok(Line::End(announced)) => {
                    end = Some(announced);
                    if announced != users {
                        self.send(Found::Wrong(self.line, LineError::Count { announced, found: users }))?;
                    }
                    continue;
                }
                Ok(Line::User(user)) => self.take(*user, buffer.len())?,
                Err(reason) => self.send(Found::Wrong(self.line, reason))?,
            }
            users += 1;
        }
        self.flush()?;
        match header {
            None => self.send(Found::NoHeader("The file is empty".into())),
            Some(header) if header.end_line && end.is_none() => self.send(Found::CutOff),
            Some(_) => Ok(()),
        }
    }

    /// Reads the next line, but no more of it than is accepted; `None` at the end.
    fn next(&mut self, buffer: &mut Vec<u8>) -> io::Result<Option<Text>> {
        buffer.clear();
        let limit = LINE_BYTES as u64 + 1;
        let mut read = self.input.by_ref().take(limit).read_until(b'\n', buffer)?;
        if read == 0 {
            return Ok(None);
        }
        self.line += 1;
        let text = match buffer.last() {
            Some(b'\n') => Text::Whole,
            _ if read > LINE_BYTES => {
                read += self.skip_line()?;
                Text::TooLong
            }
            _ => Text::Last,
        };
        self.bytes += read as u64;
        Ok(Some(text))
    }

    fn skip_line(&mut self) -> io::Result<usize> {
        let mut skipped = 0;
        loop {
            let available = self.input.fill_buf()?;
            let end = available.iter().position(|byte| *byte == b'\n');
            let used = end.map_or(available.len(), |end| end + 1);
            self.input.consume(used);
            skipped += used;
            if end.is_some() || used == 0 {
                return Ok(skipped);
            }
        }
    }

    fn take(&mut self, user: UserRow, bytes: usize) -> Result<(), Stopped> {
        let places = places(&user);
        let is_full = self.batch.len() == USERS_AT_ONCE || self.batch_bytes + bytes > BATCH_BYTES;
        if is_full || places.iter().any(|place| self.places.contains(place)) {
            self.flush()?;
        }
        self.places.extend(places);
        self.batch_bytes += bytes;
        self.batch.push((self.line, user));
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Stopped> {
        let batch = std::mem::take(&mut self.batch);
        self.places.clear();
        self.batch_bytes = 0;
        if batch.is_empty() { Ok(()) } else { self.send(Found::Users(batch)) }
    }

    fn send(&mut self, found: Found) -> Result<(), Stopped> {
        let step = Step { found, bytes: std::mem::take(&mut self.bytes) };
        self.sender.blocking_send(step).map_err(|_| Stopped)
    }
}

fn parse_header(line: &[u8]) -> Result<Header, String> {
    let wanted = format!("its first line must be {{\"format\":\"{FORMAT}\",\"version\":{VERSION}}}");
    let members = parse::object(line).ok();
    let header = members.and_then(|members| serde_json::from_value::<Header>(members.into()).ok());
    let header = header.filter(|header| header.format == FORMAT).ok_or_else(|| format!("This is not a file of users: {wanted}"))?;
    if header.version == VERSION {
        Ok(header)
    } else {
        Err(format!("This file has version {}, but this program reads version {VERSION}", header.version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = r#"{"format":"latchkey-users","version":1}"#;

    fn user(number: u32) -> String {
        let hash = "$2b$06$pDd9upUbHYl7c/Cz5v6h2OF3/.lhrMHoIh3jEH/Tkzs48Hhugoule";
        format!(
            r#"{{"user_id":"00000000-0000-4000-8000-{number:012}","username":"u{number}","created_at":"2024-01-31T12:00:00Z","password_hash":"{hash}"}}"#
        )
    }

    /// What is found in `text`: the lines of users, a batch in brackets, and the rest in words.
    fn found(text: &str) -> Vec<String> {
        let (sender, mut receiver) = mpsc::channel(1000);
        Reader::new(BufReader::with_capacity(16, text.as_bytes()), sender).run();
        let mut words = Vec::new();
        while let Some(step) = receiver.blocking_recv() {
            words.push(match step.found {
                Found::Users(users) => format!("{:?}", users.iter().map(|(line, _)| line).collect::<Vec<_>>()),
                Found::Wrong(line, reason) => format!("{line}: {reason}"),
                Found::NoHeader(sentence) => sentence.split(':').next().unwrap().to_owned(),
                Found::CutOff => "cut off".to_owned(),
                Found::Failed(error) => error.to_string(),
            });
        }
        words
    }

    #[test]
    fn a_batch_ends_at_fourteen_users_and_where_a_name_an_id_or_an_address_comes_again() {
        let lines: Vec<_> = (0..33).map(user).collect();
        let batches = found(&format!("{HEADER}\n{}\n", lines.join("\n")));
        assert_eq!(batches.iter().map(|batch| batch.split(',').count()).collect::<Vec<_>>(), [14, 14, 5]);

        assert_eq!(found(&format!("{HEADER}\n{}\n{}\n{}\n", user(1), user(2), user(1))), ["[2, 3]", "[4]"]);
        let other_id = user(2).replace("u2", "U1");
        assert_eq!(found(&format!("{HEADER}\n{}\n{other_id}", user(1))), ["[2]", "[3]"]);
        let with = |number, address| user(number).replace("\"created_at\"", &format!("\"email\":\"{address}\",\"created_at\""));
        let (one, other) = (with(1, "carol@example.com"), with(2, "Carol@EXAMPLE.com"));
        assert_eq!(found(&format!("{HEADER}\n{one}\n{}\n{other}", user(3))), ["[2, 3]", "[4]"]);
        let named = user(2).replace("u2", "carol@example.com");
        assert_eq!(found(&format!("{HEADER}\n{one}\n{named}")), ["[2]", "[3]"]);
    }

    #[test]
    fn a_last_line_that_is_cut_off_is_told_and_never_taken() {
        let line = user(1);
        for cut in 1..line.len() {
            assert_eq!(found(&format!("{HEADER}\n{}\n{}", user(2), &line[..cut])), ["3: is cut off", "[2]"], "{cut}");
        }
        assert_eq!(found(&format!("{HEADER}\n{line}")), ["[2]"]);
    }

    #[test]
    fn an_announced_end_line_must_come_with_the_right_number_and_last() {
        let header = r#"{"format":"latchkey-users","version":1,"end_line":true}"#;
        let (one, end) = (user(1), r#"{"end":true,"users":1}"#);

        assert_eq!(found(&format!("{header}\n{one}\n{end}\n")), ["[2]"]);
        assert_eq!(found(&format!("{header}\n{one}\n{end}")), ["[2]"]);
        assert_eq!(found(&format!("{header}\n{one}\n")), ["[2]", "cut off"]);
        assert_eq!(found(&format!("{header}\n")), ["cut off"]);
        assert_eq!(found(&format!("{header}\n{end}\n")), ["2: announces 1 users, but 0 precede it"]);
        assert_eq!(found(&format!("{header}\n{one}\n{end}\n{}\n", user(2))), ["4: follows the end line", "[2]"]);
    }

    #[test]
    fn a_wrong_line_is_told_and_the_others_are_taken() {
        let long = "x".repeat(LINE_BYTES * 3);
        let text = format!("{HEADER}\n{}\n{long}\n\n  \r\nnonsense\n{}\r\n", user(1), user(2));

        assert_eq!(found(&text), ["3: has more than 131072 bytes", "6: is not a JSON object", "[2, 7]"]);
    }

    #[test]
    fn without_a_header_nothing_is_read() {
        for text in [
            "",
            &user(1),
            "\n",
            r#"{"format":"other","version":1}"#,
            r#"{"format":"latchkey-users","version":2}"#,
            r#"["latchkey-users",1]"#,
            r#"{"format":"latchkey-users","version":1,"version":1}"#,
        ] {
            let found = found(&format!("{text}\n{}\n", user(1)));
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with("This"), "{found:?}");
        }
        assert_eq!(found(""), ["The file is empty"]);
    }
}
