//! The mails that SES was given, as files, where those of a local stack lie.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

use crate::stack::http::Client;
use crate::stack::people::pause;

/// How long a mail may take to become a file: less than a shell takes to look.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Writes mails as they come; dropped, it stops.
pub struct Mails {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Mails {
    /// Collects into `folder` what `endpoint`'s SES is given.
    pub fn collect(endpoint: &str, folder: &Path) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let over = Arc::new(AtomicBool::new(false));
        let (endpoint, folder, stop) = (endpoint.to_owned(), folder.to_owned(), over.clone());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(collect(Client::new(&endpoint), folder, stop));
        });
        Self { over, thread: Some(thread) }
    }
}

impl Drop for Mails {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn collect(client: Client, folder: PathBuf, over: Arc<AtomicBool>) {
    let mut written = 0;
    while !over.load(Ordering::SeqCst) {
        if let Some(reply) = client.send("GET", "/_ministack/ses/messages", &[], "").await {
            let messages: Vec<&Value> = reply.body["messages"].as_object().into_iter().flat_map(|of| of.values()).collect();
            let messages: Vec<&Value> = messages.into_iter().filter_map(Value::as_array).flatten().collect();
            for message in messages.iter().skip(written) {
                write(&folder, written, message);
                written += 1;
            }
        }
        pause(LOOK_EVERY).await;
    }
}

/// In one step, so that nobody reads half a mail; the names sort by time.
fn write(folder: &Path, number: usize, message: &Value) {
    let text = |name: &str| message[name].as_str().unwrap_or_default();
    let to = message["To"][0].as_str().unwrap_or_default();
    let mail = format!("From: {}\r\nTo: {to}\r\nSubject: {}\r\n\r\n{}", text("Source"), text("Subject"), text("BodyText"));
    let part = folder.join(format!("{number:06}.part"));
    std::fs::write(&part, mail).unwrap();
    std::fs::rename(part, folder.join(format!("{number:06}.eml"))).unwrap();
}
