//! The sample page of `docs/guides`, where links in mails lead unless they lead to a page of the developer's own. Imports
//! [`crate::tour`].

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use crate::tour::WRITTEN_FOR;

/// Where the page is in the project.
const FILE: &str = "docs/guides/accounts.html";

/// What a deployed page should be sent with, too.
const HEADERS: [(HeaderName, &str); 3] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::CONTENT_SECURITY_POLICY, "frame-ancestors 'none'"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// The page and the API that it calls.
#[derive(Debug)]
struct Page {
    file: PathBuf,
    api: String,
}

/// Serves the page of the project in `root` on `listener`, for the API at `api`. The file is read at each request, so an edit shows at a
/// reload.
///
/// # Errors
/// If `listener` can't be listened on any more.
pub async fn serve(listener: TcpListener, root: &Path, api: &str) -> io::Result<()> {
    let page = Arc::new(Page { file: root.join(FILE), api: api.to_owned() });
    axum::serve(listener, Router::new().route("/", get(answer)).with_state(page)).await
}

async fn answer(State(page): State<Arc<Page>>) -> Response {
    match tokio::fs::read_to_string(&page.file).await {
        Ok(text) => (HEADERS, Html(text.replace(WRITTEN_FOR, &page.api))).into_response(),
        Err(error) => (StatusCode::NOT_FOUND, HEADERS, format!("{}: {error}\n", page.file.display())).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use http_body_util::{BodyExt, Empty};
    use hyper_util::client::legacy::Client;
    use hyper_util::rt::TokioExecutor;

    use super::*;

    #[tokio::test]
    async fn the_sample_page_calls_this_stack_and_no_page_frames_it() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { serve(listener, &root, "http://127.0.0.1:9001").await });

        let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
        let response = client.get(url.parse().unwrap()).await.unwrap();

        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[header::CONTENT_SECURITY_POLICY], "frame-ancestors 'none'");
        let text = String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap();
        assert!(text.contains("data-api=\"http://127.0.0.1:9001\"") && text.contains("connect-src http://127.0.0.1:9001"));
        assert!(!text.contains(WRITTEN_FOR));
    }
}
