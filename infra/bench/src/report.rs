//! What is published: the tables of docs/performance.md, and the raw figures and the picture beside them. Imports everything.

mod picture;

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};
use tokio::process::Command;

use crate::Arguments;
use crate::growth::{self, Growth};
use crate::hashes::Hash;
use crate::measure::Row;
use crate::statistics::rounded;
use crate::subject::Kind;
use crate::targets::{self, Target};

const PAGE: &str = "docs/performance.md";
const FIGURES: &str = "docs/performance/bench.json";
const PICTURE: &str = "docs/performance.svg";

/// The figures of a row in `bench.json`, with the digits that mean something. Each has its median under its name, and the 99th
/// percentile under the name with `_p99`.
const METRICS: [(&str, i32); 8] = [
    ("init_wall_ms", 2),
    ("init_cpu_ms", 2),
    ("first_wall_ms", 2),
    ("first_cpu_ms", 2),
    ("warm_wall_ms", 3),
    ("warm_cpu_ms", 3),
    ("peak_mib", 1),
    ("log_bytes", 0),
];

/// A run's results.
pub struct Report {
    rows: Vec<Row>,
    hashes: Vec<Hash>,
    targets: Vec<Target>,
    date: String,
    machine: String,
    commit: String,
    starts: usize,
    warm: usize,
}

impl Report {
    /// The results with the day, the machine and the commit.
    ///
    /// # Errors
    /// If git can't be run.
    pub async fn new(rows: Vec<Row>, hashes: Vec<Hash>, arguments: &Arguments) -> Result<Self> {
        #[expect(clippy::disallowed_methods, reason = "the day of the run")]
        let today = time::OffsetDateTime::now_utc().date().to_string();
        Ok(Self {
            targets: targets::all(&rows, &hashes),
            rows,
            hashes,
            date: today,
            machine: machine()?,
            commit: commit().await?,
            starts: arguments.starts,
            warm: arguments.warm,
        })
    }

    /// The tables, in Markdown.
    pub fn tables(&self) -> String {
        let Self { date, machine, commit, starts, warm, .. } = self;
        let mut text = format!(
            "{date}, commit {commit}, {machine}. {starts} starts of each program, interleaved, and {warm} warm calls in each. \
             Medians; the 99th percentiles are in [bench.json](performance/bench.json).\n"
        );
        let mut shares: Vec<f64> = self.rows.iter().map(|row| row.share).collect();
        shares.dedup();
        for share in shares {
            let heading = if share < 1.0 {
                format!("With {share} of a CPU, which is what Lambda gives 512 MB")
            } else {
                "With a whole CPU".to_owned()
            };
            let _ = write!(text, "\n### {heading}\n\n{}", self.table(share));
        }
        let _ = write!(text, "\n### The password hash\n\n{}", self.hash_table());
        let _ = write!(text, "\n### Targets\n\n{}", self.target_table());
        text
    }

    fn table(&self, share: f64) -> String {
        let mut text = "| | init ms (CPU) | first call ms (CPU) | warm call ms (CPU) | × bare | memory MiB | zip KiB | log bytes |\n\
                        |---|--:|--:|--:|--:|--:|--:|--:|\n"
            .to_owned();
        let rows = || self.rows.iter().filter(|row| (row.share - share).abs() < 1e-9);
        let others = rows().filter(|row| row.kind != Kind::Ours);
        for row in others.chain(rows().filter(|row| row.kind == Kind::Ours)) {
            let pair = |name: &str, digits: usize| {
                let (wall, cpu) = (row.median(&format!("{name}_wall_ms")), row.median(&format!("{name}_cpu_ms")));
                if wall > 0.0 { format!("{wall:.digits$} ({cpu:.digits$})") } else { String::new() }
            };
            let times = targets::times_bare(row, targets::hash_cpu(&self.hashes)).map(|times| format!("{times:.2}")).unwrap_or_default();
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {times} | {:.1} | {} | {:.0} |",
                row.name,
                pair("init", 1),
                pair("first", 1),
                pair("warm", 2),
                row.median("peak_mib"),
                row.zip_bytes.div_ceil(1024),
                row.median("log_bytes"),
            );
        }
        text
    }

    fn hash_table(&self) -> String {
        let mut text = "| argon2id, 19 MiB, 2 passes, 1 lane | first ms | warm ms (CPU) | p99 ms |\n|---|--:|--:|--:|\n".to_owned();
        for hash in &self.hashes {
            let (first, warm, p99) = (hash.first.median(), hash.warm.median(), hash.warm.p99());
            let _ = writeln!(text, "| {} | {first:.1} | {warm:.1} ({:.1}) | {p99:.1} |", hash.name, hash.warm_cpu.median());
        }
        text
    }

    fn target_table(&self) -> String {
        let mut text = "| target | at most | worst | | missed by |\n|---|--:|--:|---|---|\n".to_owned();
        for target in &self.targets {
            let Target { what, at_most, worst, of, reached, missed_by } = target;
            let reached = if *reached { "reached" } else { "not reached" };
            let _ = writeln!(text, "| {what} | {at_most} | {worst:.2} ({of}) | {reached} | {} |", missed_by.join(", "));
        }
        text
    }

    /// Writes what is published.
    ///
    /// # Errors
    /// If a file can't be written, or the page has no place for the tables.
    pub fn write(&self) -> Result<()> {
        write_figures(self.json())?;
        fs::write(PICTURE, picture::draw(&self.rows))?;
        replace(PAGE, "bench", &self.tables())
    }

    fn json(&self) -> Map<String, Value> {
        let mut whole = Map::new();
        let hashes = self.hashes.iter().map(|hash| {
            json!({
                "name": hash.name,
                "first_ms": rounded(hash.first.median(), 2),
                "warm_ms": rounded(hash.warm.median(), 2),
                "warm_ms_p99": rounded(hash.warm.p99(), 2),
                "warm_cpu_ms": rounded(hash.warm_cpu.median(), 2),
            })
        });
        whole.insert("date".to_owned(), self.date.clone().into());
        whole.insert("machine".to_owned(), self.machine.clone().into());
        whole.insert("commit".to_owned(), self.commit.clone().into());
        whole.insert("starts".to_owned(), self.starts.into());
        whole.insert("warm".to_owned(), self.warm.into());
        whole.insert("rows".to_owned(), self.rows.iter().map(row_json).collect());
        whole.insert("hashes".to_owned(), hashes.collect());
        whole.insert("targets".to_owned(), json!(self.targets));
        whole
    }
}

/// Writes the figures and the table of growth.
///
/// # Errors
/// As [`Report::write`].
pub fn write_growth(growth: &[Growth]) -> Result<()> {
    write_figures(Map::from_iter([("growth".to_owned(), growth::json(growth))]))?;
    replace(PAGE, "growth", &growth::table(growth))
}

/// Writes `figures` beside what another run has measured.
fn write_figures(figures: Map<String, Value>) -> Result<()> {
    if let Some(folder) = Path::new(FIGURES).parent() {
        fs::create_dir_all(folder)?;
    }
    let mut whole: Map<_, _> = match fs::read_to_string(FIGURES) {
        Ok(text) => serde_json::from_str(&text).with_context(|| FIGURES.to_owned())?,
        Err(_) => Map::new(),
    };
    whole.extend(figures);
    Ok(fs::write(FIGURES, format!("{:#}\n", Value::Object(whole)))?)
}

fn row_json(row: &Row) -> Value {
    let mut object = Map::new();
    object.insert("name".to_owned(), row.name.clone().into());
    object.insert("what".to_owned(), row.what.clone().into());
    object.insert("share".to_owned(), row.share.into());
    for (name, digits) in METRICS {
        if let Some(sample) = row.figures.get(name) {
            object.insert(name.to_owned(), rounded(sample.median(), digits).into());
            object.insert(format!("{name}_p99"), rounded(sample.p99(), digits).into());
        }
    }
    object.insert("zip_kib".to_owned(), row.zip_bytes.div_ceil(1024).into());
    if let Some(bare) = row.bare_warm_cpu {
        object.insert("bare_warm_cpu_ms".to_owned(), rounded(bare, 3).into());
        object.insert("requests".to_owned(), json!(row.requests));
    }
    object.into()
}

/// Puts `text` between the marks `name` of the file `path`.
///
/// # Errors
/// If the file has no such marks.
fn replace(path: &str, name: &str, text: &str) -> Result<()> {
    let page = fs::read_to_string(path).with_context(|| format!("{path} can't be read"))?;
    fs::write(path, replaced(&page, name, text).with_context(|| format!("{path} has no marks <!-- {name} --> and <!-- /{name} -->"))?)?;
    Ok(())
}

fn replaced(page: &str, name: &str, text: &str) -> Option<String> {
    let (begin, end) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let (before, rest) = page.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}\n{}\n{end}{after}", text.trim_end()))
}

fn machine() -> Result<String> {
    let cpus = fs::read_to_string("/proc/cpuinfo")?;
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map_or("", |(_, model)| model);
    let count = std::thread::available_parallelism()?;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    Ok(format!("{count} × {}, Linux {}, {}", model.trim(), kernel.trim(), std::env::consts::ARCH))
}

async fn commit() -> Result<String> {
    let output = Command::new("git").args(["describe", "--always", "--exclude=*", "--abbrev=7", "--dirty"]).output().await?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_the_marks_is_replaced() {
        let page = "a\n<!-- bench -->\nold\n<!-- /bench -->\nb\n";

        assert_eq!(replaced(page, "bench", "new\n").unwrap(), "a\n<!-- bench -->\nnew\n<!-- /bench -->\nb\n");
        assert_eq!(replaced(page, "growth", "new"), None);
    }
}
