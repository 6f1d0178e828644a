//! The texts of a mail, and what is filled in.
//!
//! A text is checked while the function is built: a placeholder that nothing fills, or a link that is missing, does not compile.

/// The texts of one kind of mail, from `infra/mail`.
pub struct Text {
    subject: &'static str,
    plain: &'static str,
    html: &'static str,
}

/// A text with everything filled in.
pub struct Filled {
    pub subject: String,
    pub plain: String,
    pub html: String,
}

/// How a plain text begins; the rest of the line is the mail's subject.
const SUBJECT: &str = "Subject: ";

impl Text {
    /// The texts, if each holds all of `needed`, and no placeholder besides but those of `known`.
    ///
    /// # Panics
    /// While the function is built.
    pub const fn checked(plain: &'static str, html: &'static str, needed: &[&str], known: &[&str]) -> Self {
        assert!(starts_with(plain.as_bytes(), SUBJECT.as_bytes()), "a .txt must begin with `Subject: `");
        let (subject, plain) = first_line(plain.split_at(SUBJECT.len()).1);
        assert!(!subject.is_empty() && knows_all(subject, &[], &[]), "a subject must be a text without a placeholder");
        assert!(knows_all(plain, needed, known), "a .txt has an unknown placeholder");
        assert!(knows_all(html, needed, known), "a .html has an unknown placeholder");
        let mut names = needed;
        while let [name, others @ ..] = names {
            assert!(mentions(plain, name), "a .txt lacks a placeholder that it needs");
            assert!(mentions(html, name), "a .html lacks a placeholder that it needs");
            names = others;
        }
        Self { subject, plain, html }
    }

    /// The mail, with what `value` says for each placeholder.
    pub fn fill(&self, value: impl Fn(&str) -> String) -> Filled {
        Filled { subject: self.subject.to_owned(), plain: fill(self.plain, &value), html: fill(self.html, |name| escaped(&value(name))) }
    }
}

/// The length of the name in the placeholder that `text` begins with; 0 if it begins with none. A brace of a style sheet is none.
const fn name_length(text: &[u8]) -> usize {
    let [b'{', rest @ ..] = text else { return 0 };
    let (mut rest, mut length) = (rest, 0);
    while let [b'a'..=b'z' | b'_', after @ ..] = rest {
        (rest, length) = (after, length + 1);
    }
    if let [b'}', ..] = rest { length } else { 0 }
}

/// Whether each placeholder of `text` is one of these.
const fn knows_all(text: &str, needed: &[&str], known: &[&str]) -> bool {
    let mut rest = text.as_bytes();
    while let [_, after @ ..] = rest {
        let length = name_length(rest);
        let name = after.split_at(length).0;
        if length > 0 && !is_one_of(name, needed) && !is_one_of(name, known) {
            return false;
        }
        rest = after;
    }
    true
}

/// Whether `text` has the placeholder `name`.
const fn mentions(text: &str, name: &str) -> bool {
    let mut rest = text.as_bytes();
    while let [_, after @ ..] = rest {
        let length = name_length(rest);
        if length > 0 && is_one_of(after.split_at(length).0, &[name]) {
            return true;
        }
        rest = after;
    }
    false
}

const fn is_one_of(name: &[u8], names: &[&str]) -> bool {
    let mut names = names;
    while let [one, others @ ..] = names {
        if one.len() == name.len() && starts_with(name, one.as_bytes()) {
            return true;
        }
        names = others;
    }
    false
}

const fn starts_with(text: &[u8], start: &[u8]) -> bool {
    let (mut text, mut start) = (text, start);
    while let [wanted, after @ ..] = start {
        match text {
            [there, rest @ ..] if *there == *wanted => (text, start) = (rest, after),
            _ => return false,
        }
    }
    true
}

/// The first line, and what follows it and the empty lines after it.
const fn first_line(text: &str) -> (&str, &str) {
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        if matches!(first, b'\r' | b'\n') {
            break;
        }
        rest = after;
    }
    let (line, mut rest) = text.split_at(text.len() - rest.len());
    while let [b'\r' | b'\n', ..] = rest.as_bytes() {
        rest = rest.split_at(1).1;
    }
    (line, rest)
}

fn fill(text: &str, value: impl Fn(&str) -> String) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from)) = rest.find('{').and_then(|at| rest.split_at_checked(at)) {
        filled.push_str(before);
        let length = name_length(from.as_bytes());
        // A brace of a style sheet stays as it is.
        let (taken, after) = from.split_at_checked(if length == 0 { 1 } else { length + 2 }).unwrap_or((from, ""));
        match taken.get(1..=length).filter(|name| !name.is_empty()) {
            Some(name) => filled.push_str(&value(name)),
            None => filled.push_str(taken),
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// `text` as it stands in HTML.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, c| {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: Text =
        Text::checked("Subject: A link\n\nHere: {link}\n", "<style>a {color: red}</style><b title=\"{link}\">{}</b>", &["link"], &[]);

    #[test]
    fn a_text_is_filled_in_and_in_html_it_is_escaped() {
        let filled = TEXT.fill(|name| format!("<{name}> & {{link}}"));

        assert_eq!(filled.subject, "A link");
        assert_eq!(filled.plain, "Here: <link> & {link}\n");
        assert_eq!(filled.html, "<style>a {color: red}</style><b title=\"&lt;link&gt; &amp; {link}\">{}</b>");
    }

    #[test]
    fn a_placeholder_that_nothing_fills_is_told_from_a_brace() {
        assert!(knows_all("a {b} {c: d} {} {B} {b c}", &["b"], &[]));
        assert!(!knows_all("a {b}", &[], &["bb", "", "a"]));
        assert!(mentions("{{link}}", "link") && !mentions("{links}{link", "link"));
    }
}
