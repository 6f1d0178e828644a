//! What a client says that it is.

use serde::{Deserialize, Serialize};

/// The `User-Agent` of a login, for its user to recognise it by: at most 256 bytes without control characters. Whoever logs
/// in chooses it, so it proves nothing, and a page that shows it must escape it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserAgent(String);

impl UserAgent {
    /// The longest that is kept.
    pub const MAX_BYTES: usize = 256;

    /// What is kept of a header; `None` if that is nothing. Bytes that are not UTF-8 become U+FFFD.
    #[must_use]
    pub fn of_header(bytes: &[u8]) -> Option<Self> {
        let mut text: String = String::from_utf8_lossy(bytes).chars().filter(|c| !c.is_control()).collect();
        text.truncate(text.floor_char_boundary(Self::MAX_BYTES));
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_kept_without_control_characters_and_cut_between_characters() {
        let kept = |bytes: &[u8]| UserAgent::of_header(bytes).map(|agent| agent.0);

        assert_eq!(kept(b" curl/8.5.0 ").as_deref(), Some("curl/8.5.0"));
        assert_eq!(kept("a\u{1b}[2Jb\u{85}\0".as_bytes()).as_deref(), Some("a[2Jb"));
        assert_eq!(kept(b"\xff").as_deref(), Some("\u{fffd}"));
        for nothing in [b"".as_slice(), b"  ", b"\x00\x1b"] {
            assert_eq!(kept(nothing), None);
        }
        let cut = kept("\u{20ac}".repeat(1000).as_bytes()).unwrap();
        assert_eq!((cut.len(), cut.chars().all(|c| c == '\u{20ac}')), (255, true));
    }
}
