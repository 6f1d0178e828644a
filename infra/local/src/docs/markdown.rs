//! A Markdown page as HTML, with the anchors that GitHub gives to headings. Imports [`super::links`].

use std::collections::{BTreeMap, VecDeque};

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

use super::links::Links;

/// A page, rendered.
#[derive(Debug)]
pub(super) struct Page {
    /// The text of its first heading.
    pub(super) title: String,
    pub(super) html: String,
}

/// Renders `text`, the content of `file`. The HTML in it stays, since the pages are our own.
pub(super) fn render(file: &str, text: &str) -> Page {
    let events: Vec<_> = Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_GFM).collect();
    let headings = headings(&events);
    let title = headings.first().cloned().unwrap_or_else(|| file.to_owned());
    let mut body = String::new();
    html::push_html(&mut body, served(events, Links { file }, anchors(&headings)));
    Page { title, html: body }
}

/// The title of the page with this content, without rendering it.
pub(super) fn title(text: &str) -> Option<&str> {
    text.lines().find_map(|line| line.strip_prefix("# "))
}

/// The text of each heading.
fn headings(events: &[Event<'_>]) -> Vec<String> {
    let (mut headings, mut current) = (Vec::new(), None::<String>);
    for event in events {
        match (event, &mut current) {
            (Event::Start(Tag::Heading { .. }), _) => current = Some(String::new()),
            (Event::End(TagEnd::Heading(_)), _) => headings.extend(current.take()),
            (Event::Text(text) | Event::Code(text), Some(heading)) => heading.push_str(text),
            _ => {}
        }
    }
    headings
}

/// GitHub's anchors: letters and digits in lower case, and hyphens for spaces. One that was there before gets a number.
fn anchors(headings: &[String]) -> VecDeque<String> {
    let mut seen = BTreeMap::<String, usize>::new();
    let anchor = |heading: &String| {
        let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
        let anchor = kept.collect::<String>().to_lowercase().replace(' ', "-");
        let before = seen.entry(anchor.clone()).or_default();
        let numbered = if *before == 0 { anchor } else { format!("{anchor}-{before}") };
        *before += 1;
        numbered
    };
    headings.iter().map(anchor).collect()
}

/// The events with the anchors in the headings, and with links that lead to where the pages are served. Of a link to a file that is not
/// served the text is left.
fn served<'e>(events: Vec<Event<'e>>, links: Links<'e>, mut anchors: VecDeque<String>) -> impl Iterator<Item = Event<'e>> {
    let mut leads_nowhere = false;
    events.into_iter().filter_map(move |event| match event {
        Event::Start(Tag::Heading { level, classes, attrs, .. }) => {
            let id = anchors.pop_front().map(CowStr::from);
            Some(Event::Start(Tag::Heading { level, id, classes, attrs }))
        }
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => match links.resolve(&dest_url) {
            Some(url) => Some(Event::Start(Tag::Link { link_type, dest_url: url.into(), title, id })),
            None => {
                leads_nowhere = true;
                None
            }
        },
        // Links do not nest.
        Event::End(TagEnd::Link) if leads_nowhere => {
            leads_nowhere = false;
            None
        }
        Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
            let url = links.resolve(&dest_url).map_or(dest_url, CowStr::from);
            Some(Event::Start(Tag::Image { link_type, dest_url: url, title, id }))
        }
        Event::Html(text) => Some(Event::Html(links.resolve_html(&text).into())),
        Event::InlineHtml(text) => Some(Event::InlineHtml(links.resolve_html(&text).into())),
        event => Some(event),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_have_github_s_anchors() {
        let page = render("docs/x.md", "# What a `503` means, and why\n\n## Logs\n\n### Logs\n\n## Ünder_score-d\n");

        assert_eq!(page.title, "What a 503 means, and why");
        for anchor in ["what-a-503-means-and-why", "logs", "logs-1", "ünder_score-d"] {
            assert!(page.html.contains(&format!("id=\"{anchor}\"")), "{anchor}: {}", page.html);
        }
    }

    #[test]
    fn links_and_pictures_lead_to_where_they_are_served_and_a_lost_link_leaves_its_text() {
        let page = render("docs/x.md", "[a](errors.md#b) [`c`](../template.yaml), ![d](e.svg)");

        let served = "<p><a href=\"/docs/errors#b\">a</a> <code>c</code>, <img src=\"/docs/e.svg\" alt=\"d\" /></p>\n";
        assert_eq!(page.html, served);
    }

    #[test]
    fn a_table_can_have_anchors_of_its_own() {
        let page = render("docs/x.md", "| name |\n|---|\n| <a id=\"throttled\"></a>`throttled` |\n");

        assert!(page.html.contains("<td><a id=\"throttled\"></a><code>throttled</code></td>"), "{}", page.html);
    }
}
