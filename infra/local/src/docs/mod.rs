//! `/docs`: the API's reference, in which requests can be tried, and the pages of `docs/`. Imports [`crate::demo`],
//! [`crate::installation`], [`crate::yaml`].
//!
//! | path | answers |
//! |---|---|
//! | `/docs` | the reference: Swagger UI over the contract |
//! | `/docs/errors`, `/docs/guides/magic-links`, `/docs/README` | the page of that name |
//! | `/docs/openapi.json` | the contract, for this stack |
//! | `/docs/demo.json` | the demo user's name and password, to the reference |
//! | `/docs/assets/…` | what these pages load |
//!
//! Everything comes from this machine. The pages are read when they are asked for, so a change shows at once.

mod links;
mod markdown;
mod swagger;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::{Path as PathParameter, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde_json::{Value, json};

use crate::demo::DemoUser;
use crate::installation::Installation;
use crate::yaml;

const PAGE: &str = include_str!("../../assets/page.html");
const REFERENCE: &str = include_str!("../../assets/reference.html");
const REFERENCE_SCRIPT: &str = include_str!("../../assets/reference.js");
const STYLE: &str = include_str!("../../assets/docs.css");

/// Nothing from elsewhere, and no script but our own. Swagger UI sets styles and has pictures in its style sheet.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// What is served under `/docs`.
#[derive(Clone)]
pub struct Docs {
    /// Where the contract and the pages lie.
    pub installation: Installation,
    /// Whom the reference can log in.
    pub demo: DemoUser,
}

/// The routes of `docs`.
pub fn router(docs: Docs) -> Router {
    Router::new()
        .route("/docs", get(reference))
        .route("/docs/", get(|| async { Redirect::permanent("/docs") }))
        .route("/docs/openapi.json", get(contract))
        .route("/docs/demo.json", get(demo))
        .route("/docs/assets/{name}", get(asset))
        .route("/docs/{*path}", get(page))
        .layer(map_response(secured))
        .with_state(Arc::new(docs))
}

async fn secured(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

async fn reference(State(docs): State<Arc<Docs>>) -> Response {
    html(StatusCode::OK, REFERENCE.replace("{{navigation}}", &docs.navigation("")))
}

async fn contract(State(docs): State<Arc<Docs>>) -> Response {
    match docs.contract() {
        Ok(contract) => content("application/json", contract.to_string()),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}")).into_response(),
    }
}

/// Answers pages of this machine only: a page of another origin could not read it, unless its name led here (DNS rebinding).
async fn demo(State(docs): State<Arc<Docs>>, headers: HeaderMap) -> Response {
    if !is_local(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let DemoUser { username, password } = &docs.demo;
    content("application/json", json!({ "username": username, "password": password }).to_string())
}

fn is_local(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    ["127.0.0.1", "localhost", "[::1]"].contains(&name)
}

async fn asset(PathParameter(name): PathParameter<String>) -> Response {
    match name.as_str() {
        "docs.css" => content("text/css; charset=utf-8", STYLE),
        "reference.js" => content("text/javascript; charset=utf-8", REFERENCE_SCRIPT),
        "swagger-ui.css" => content("text/css; charset=utf-8", swagger::file(&name).unwrap_or_default()),
        "swagger-ui-bundle.js" => content("text/javascript; charset=utf-8", swagger::file(&name).unwrap_or_default()),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn page(State(docs): State<Arc<Docs>>, PathParameter(path): PathParameter<String>) -> Response {
    let found = file(&path).and_then(|file| Some((fs::read(docs.installation.root().join(&file)).ok()?, file)));
    let Some((read, file)) = found else {
        let missing = markdown::render("docs/", "# No such page\n\nThe list of pages is on the left, or above.\n");
        return html(StatusCode::NOT_FOUND, docs.page(&missing, ""));
    };
    match Path::new(&file).extension().and_then(|extension| extension.to_str()) {
        Some("md") => html(StatusCode::OK, docs.page(&markdown::render(&file, &String::from_utf8_lossy(&read)), &file)),
        Some("svg") => content("image/svg+xml", read),
        Some("json") => content("application/json", read),
        // A sample is shown, not run.
        _ => content("text/plain; charset=utf-8", read),
    }
}

/// The file, from the root, that `/docs/<path>` shows: a page, or what a page refers to: a picture, numbers, a sample.
fn file(path: &str) -> Option<String> {
    let is_plain = |segment: &str| {
        !segment.starts_with('.') && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
    };
    if !path.split('/').all(|segment| !segment.is_empty() && is_plain(segment)) {
        return None;
    }
    let page = path.strip_suffix(".md").unwrap_or(path);
    Some(match page {
        "README" => "README.md".to_owned(),
        other if [".svg", ".json", ".html", ".http", ".txt"].iter().any(|extension| other.ends_with(extension)) => format!("docs/{other}"),
        page => format!("docs/{page}.md"),
    })
}

impl Docs {
    /// The contract with this stack as its only server, wherever the page came from.
    fn contract(&self) -> Result<Value> {
        let path = self.installation.contract();
        let text = fs::read_to_string(&path).with_context(|| format!("{} can't be read", path.display()))?;
        let mut contract = yaml::parse(&text).with_context(|| path.display().to_string())?;
        if let Some(members) = contract.as_object_mut() {
            members.insert("servers".to_owned(), json!([{ "url": "/", "description": "This local stack" }]));
        }
        Ok(contract)
    }

    fn page(&self, page: &markdown::Page, file: &str) -> String {
        let page_of = |placeholder: &str, text: &str, template: &str| template.replacen(placeholder, text, 1);
        let titled = page_of("{{title}}", &escape(&page.title), PAGE);
        // The body last: what stands in it is not looked at again.
        page_of("{{body}}", &page.html, &page_of("{{navigation}}", &self.navigation(file), &titled))
    }

    /// Links to every page, in the order of their titles; `here` is the file of the page that they stand on.
    fn navigation(&self, here: &str) -> String {
        let root = self.installation.root();
        let in_folder = |folder: &str| {
            let entries = fs::read_dir(root.join(folder)).into_iter().flatten().flatten();
            let names = entries.filter_map(|entry| entry.file_name().into_string().ok()).filter(|name| name.ends_with(".md"));
            let mut pages: Vec<_> = names
                .filter_map(|name| {
                    let file = format!("{folder}/{name}");
                    let title = markdown::title(&fs::read_to_string(root.join(&file)).ok()?)?.replace('`', "");
                    Some((title, file))
                })
                .collect();
            pages.sort();
            pages
        };
        let item = |(title, file): &(String, String)| {
            let links = links::Links { file: "" };
            let path = links.resolve(file).unwrap_or_default();
            let current = if file == here { " aria-current=\"page\"" } else { "" };
            format!("<li><a href=\"{path}\"{current}>{}</a></li>\n", escape(title))
        };
        let first = ("Latchkey".to_owned(), "README.md".to_owned());
        let list = |pages: Vec<(String, String)>| pages.iter().map(item).collect::<String>();
        let (guides, pages) = (list(in_folder("docs/guides")), list(in_folder("docs")));
        format!("<ul>\n{}{pages}</ul>\n<h2>Guides</h2>\n<ul>\n{guides}</ul>\n", item(&first))
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn html(status: StatusCode, text: String) -> Response {
    (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response()
}

fn content(media_type: &'static str, content: impl IntoResponse) -> Response {
    let mut response = content.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, Bytes};
    use axum::http::Request;
    use http_body_util::{BodyExt, Empty};
    use hyper_util::client::legacy::Client;
    use hyper_util::rt::TokioExecutor;
    use tokio::net::TcpListener;

    use super::*;

    /// The answer to a request for `path` of the docs of this checkout, from a page of `host`.
    async fn answered(path: &str, host: &str) -> (StatusCode, HeaderMap, String) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let demo = DemoUser { username: "demo".into(), password: "secret".into() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let docs = router(Docs { installation: Installation::Checkout(root), demo });
        tokio::spawn(async move { axum::serve(listener, docs).await });
        let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
        let request = Request::get(format!("http://{address}{path}")).header(header::HOST, host).body(Empty::new()).unwrap();
        let (parts, body) = client.request(request).await.unwrap().into_parts();
        let body = Body::new(body).collect().await.unwrap().to_bytes();
        (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
    }

    async fn shown(path: &str) -> String {
        let (status, headers, body) = answered(path, "127.0.0.1").await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().starts_with("default-src 'self'"));
        body
    }

    #[tokio::test]
    async fn every_page_is_served_and_every_link_between_them_leads_somewhere() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut links = std::collections::BTreeSet::new();
        for folder in ["docs", "docs/guides"] {
            for name in fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()) {
                let Some(name) = name.strip_suffix(".md") else { continue };
                let body = shown(&format!("/{folder}/{name}")).await;
                assert!(!body.contains("{{"), "{name}");
                links.extend(body.split(['"']).filter(|text| text.starts_with("/docs/")).map(str::to_owned));
            }
        }

        assert!(links.len() > 50, "{links:?}");
        for link in links {
            let (page, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let body = shown(page).await;
            assert!(anchor.is_empty() || body.contains(&format!("id=\"{anchor}\"")), "{link}");
        }
    }

    #[tokio::test]
    async fn the_type_of_every_problem_leads_to_its_explanation() {
        let page = shown("/docs/errors").await;

        for problem in latchkey::http::ProblemKind::ALL.iter().map(|kind| kind.problem_type()) {
            assert!(page.contains(&format!("<a id=\"{}\"></a>", problem.code)), "{}", problem.code);
        }
    }

    #[tokio::test]
    async fn the_reference_loads_nothing_from_elsewhere_and_shows_this_stack() {
        let page = shown("/docs").await;
        let contract: Value = serde_json::from_str(&shown("/docs/openapi.json").await).unwrap();

        assert!(!page.contains("://"), "{page}");
        for asset in page.split('"').filter(|text| text.starts_with("/docs/assets/")) {
            assert!(!shown(asset).await.is_empty(), "{asset}");
        }
        assert_eq!(contract["servers"], json!([{ "url": "/", "description": "This local stack" }]));
        assert!(contract["paths"]["/user/login"].is_object() && contract["components"]["examples"]["LoginRequest"].is_object());
    }

    #[tokio::test]
    async fn the_demo_user_is_told_to_this_machine_s_pages_only() {
        for host in ["127.0.0.1:9000", "localhost:9000", "[::1]:9000", "localhost"] {
            let (_, _, body) = answered("/docs/demo.json", host).await;
            assert_eq!(body, r#"{"password":"secret","username":"demo"}"#, "{host}");
        }
        for host in ["evil.example:9000", "evil.example", "127.0.0.1.evil.example", "localhost:9000.evil.example:80"] {
            let (status, _, body) = answered("/docs/demo.json", host).await;
            assert_eq!((status, body.as_str()), (StatusCode::FORBIDDEN, ""), "{host}");
        }
    }

    #[tokio::test]
    async fn what_is_no_page_is_404() {
        for path in [
            "/docs/nothing",
            "/docs/../template.yaml",
            "/docs/%2e%2e/Cargo",
            "/docs/guides",
            "/docs/a%2Fb",
            "/docs/assets/x",
            "/docs//errors",
        ] {
            assert_eq!(answered(path, "127.0.0.1").await.0, StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(answered("/docs/errors.md", "127.0.0.1").await.0, StatusCode::OK);
    }
}
