//! The mails that functions wrote instead of sending, as lines on the console. Imports [`crate::console`].

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use tokio::time::interval;

use crate::console::Console;

/// Mails are short-lived and few: looking again is simpler than to be told, and the same on every system.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// Says each mail that appears in `directory` from now on; never returns.
pub async fn announce(directory: PathBuf, console: Console) {
    let mut seen = HashSet::new();
    arrivals(&directory, &mut seen);
    let mut ticks = interval(LOOK_EVERY);
    loop {
        ticks.tick().await;
        for path in arrivals(&directory, &mut seen) {
            if let Ok(text) = fs::read(&path) {
                let text = String::from_utf8_lossy(&text);
                let (to, content) = (recipient(&text), content(&text));
                console.report("mail", &line(&text, &path), || json!({ "to": to, "content": content, "file": path }));
            }
        }
    }
}

/// The mails that were not `seen` before, by name.
fn arrivals(directory: &Path, seen: &mut HashSet<OsString>) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
    let mails = entries.filter(|path| path.extension().is_some_and(|extension| extension == "eml"));
    let mut new: Vec<_> = mails.filter(|path| path.file_name().is_some_and(|name| seen.insert(name.to_owned()))).collect();
    new.sort();
    new
}

/// `mail to demo@example.com: 123456 (.local/mail/x.eml)`: the code or the link for which somebody waits, or else the subject.
fn line(mail: &str, path: &Path) -> String {
    let shown = std::env::current_dir().ok().and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    format!("mail to {}: {} ({})", recipient(mail), content(mail), shown.as_deref().unwrap_or(path).display())
}

fn recipient(mail: &str) -> &str {
    header(mail, "to").map_or("?", bare)
}

fn content(mail: &str) -> &str {
    link(mail).or_else(|| six_digits(mail)).or_else(|| header(mail, "subject")).unwrap_or("?")
}

fn header<'m>(mail: &'m str, wanted: &str) -> Option<&'m str> {
    mail.lines().take_while(|line| !line.is_empty()).find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case(wanted).then_some(value.trim())
    })
}

/// The address without the name before it.
fn bare(header: &str) -> &str {
    header.rsplit_once('<').and_then(|(_, address)| address.strip_suffix('>')).unwrap_or(header)
}

/// The first link with a token behind its `#`. It stands in one piece: the mailer breaks no line of ASCII.
fn link(mail: &str) -> Option<&str> {
    let (_, body) = body(mail)?;
    body.split_whitespace().find(|word| word.starts_with("http") && word.contains('#'))
}

fn body(mail: &str) -> Option<(&str, &str)> {
    mail.split_once("\r\n\r\n").or_else(|| mail.split_once("\n\n"))
}

/// The first run of exactly six digits in the mail's body.
fn six_digits(mail: &str) -> Option<&str> {
    let (_, body) = body(mail)?;
    body.split(|letter: char| !letter.is_ascii_digit()).find(|run| run.len() == 6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_recipient_and_the_code() {
        let mail = "Message-ID: <123456@x>\r\nTo: \"Demo\" <demo@example.com>\r\n\r\nIn 10 minutes 1234567 ends.\r\nYour code: 654321\r\n";

        assert_eq!(line(mail, Path::new("/mail/a.eml")), "mail to demo@example.com: 654321 (/mail/a.eml)");
    }

    #[test]
    fn a_link_with_a_token_is_shown_whole() {
        let mail = "to: a@b.example\n\nTo: body of https://b.example/\n\nhttps://b.example/app#reset=lkrst_123456\n";

        assert_eq!(line(mail, Path::new("a.eml")), "mail to a@b.example: https://b.example/app#reset=lkrst_123456 (a.eml)");
    }

    #[test]
    fn a_notice_shows_its_subject() {
        let mail = "To: a@b.example\nSubject: Your password was changed\n\nHello";

        assert_eq!(line(mail, Path::new("a.eml")), "mail to a@b.example: Your password was changed (a.eml)");
    }
}
