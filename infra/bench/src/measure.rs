//! One start of a subject after the other, interleaved, so that a busy moment of the machine hits all alike. Imports [`crate::subject`].

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use latchkey_local::console::say;
use latchkey_runtime_api::Process;
use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::Pid;
use serde_json::Value;

use crate::Arguments;
use crate::recording::Request;
use crate::share::Share;
use crate::stand_ins::StandIns;
use crate::statistics::Sample;
use crate::subject::{Kind, Subject, call};

/// What was measured of a subject, in milliseconds and bytes.
#[derive(Clone, Debug)]
pub struct Row {
    /// The subject's name.
    pub name: String,
    /// What it is.
    pub what: String,
    /// Who wrote it.
    pub kind: Kind,
    /// The share of a CPU that it had.
    pub share: f64,
    /// How many password hashes a call computes.
    pub hashes: u32,
    /// The figures by their names, as `bench.json` has them.
    pub figures: BTreeMap<&'static str, Sample>,
    /// Of the zip that is uploaded.
    pub zip_bytes: u64,
    /// CPU of a warm call of a bare function that makes the same DynamoDB requests.
    pub bare_warm_cpu: Option<f64>,
    /// What those requests are.
    pub requests: Vec<String>,
}

impl Row {
    /// Whether the function keeps memory for a hash, also where the measured call computes none.
    pub fn keeps_hash_memory(&self) -> bool {
        self.hashes > 0 || self.name == "authentication-token-create"
    }

    /// The median of a figure; 0 if it was not measured.
    pub fn median(&self, figure: &str) -> f64 {
        self.figures.get(figure).map(Sample::median).unwrap_or_default()
    }
}

/// Measures `subjects` under `share`.
///
/// # Errors
/// If one does not start, or fails.
pub async fn rows(subjects: &[Subject], host: &StandIns, arguments: &Arguments, share: &Share) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for subject in subjects {
        rows.push(Row {
            name: subject.name.clone(),
            what: subject.what.clone(),
            kind: subject.kind,
            share: share.number(),
            hashes: subject.hashes,
            figures: BTreeMap::new(),
            zip_bytes: zip(subject, host).await?,
            bare_warm_cpu: None,
            requests: Vec::new(),
        });
    }
    for start in 1..=arguments.starts {
        say(format!("Start {start} of {} of {} programs, {} of a CPU each", arguments.starts, rows.len(), share.number()));
        for (subject, row) in subjects.iter().zip(&mut rows) {
            let figures = one_start(subject, host, arguments.warm, share).await.with_context(|| subject.name.clone())?;
            for (name, values) in figures {
                let sample = row.figures.entry(name).or_default();
                values.into_iter().for_each(|value| sample.add(value));
            }
        }
    }
    Ok(rows)
}

type Figures = Vec<(&'static str, Vec<f64>)>;

async fn one_start(subject: &Subject, stand_ins: &StandIns, warm: usize, share: &Share) -> Result<Figures> {
    let log = stand_ins.folder.join("logs").join(&subject.name).with_extension("log");
    fs::create_dir_all(log.parent().context("no folder")?)?;
    let program = subject.program(&log)?;
    let events = subject.events(warm + 1).await?;

    share.enter()?;
    let started = stand_ins.host.start(&program).await;
    share.leave()?;
    let process = started?;
    let init = process.ready().await?;
    let cpu = Cpu::of(&process)?;
    let mut figures = vec![("init_wall_ms", vec![init.as_secs_f64() * 1000.0]), ("init_cpu_ms", vec![cpu.milliseconds])];

    let mut calls = Vec::new();
    let mut cpu = cpu;
    let mut log_bytes = 0;
    for (count, event) in events.iter().enumerate() {
        if count == 1 {
            log_bytes = fs::metadata(&log)?.len();
        }
        let (wall, next) = timed(&process, event).await?;
        calls.push((wall, next.milliseconds - cpu.milliseconds));
        cpu = next;
    }
    if let Some(((wall, cpu), warm)) = calls.split_first() {
        figures.extend([("first_wall_ms", vec![*wall]), ("first_cpu_ms", vec![*cpu])]);
        figures.push(("warm_wall_ms", warm.iter().map(|(wall, _)| *wall).collect()));
        figures.push(("warm_cpu_ms", warm.iter().map(|(_, cpu)| *cpu).collect()));
        #[expect(clippy::cast_precision_loss, reason = "a log is short")]
        let bytes = (fs::metadata(&log)?.len() - log_bytes) as f64 / warm.len().max(1) as f64;
        figures.push(("log_bytes", vec![bytes]));
    }
    figures.push(("peak_mib", vec![peak_mib(&process)?]));
    process.stop().await;
    Ok(figures)
}

/// How long a call takes, and the CPU time of the process after it. The process is done when it asks for its next event, which may be
/// after its answer.
async fn timed(process: &Process, event: &Value) -> Result<(f64, Cpu)> {
    let start = Instant::now();
    call(process, event).await?;
    let wall = start.elapsed().as_secs_f64() * 1000.0;
    process.idle().await?;
    Ok((wall, Cpu::of(process)?))
}

/// For each of our functions: the CPU of a bare function that makes the DynamoDB requests that this one makes in a warm call.
///
/// # Errors
/// If a process fails.
pub async fn compare_with_bare(rows: &mut [Row], subjects: &[Subject], stand_ins: &StandIns, arguments: &Arguments) -> Result<()> {
    let Some(bare) = subjects.iter().find(|subject| subject.name == crate::competitors::REQUESTS) else { return Ok(()) };
    let mut replays = Vec::new();
    for (index, subject) in subjects.iter().enumerate().filter(|(_, subject)| subject.kind == Kind::Ours && subject.calls.is_some()) {
        let requests = requests(subject, stand_ins).await.with_context(|| subject.name.clone())?;
        let replay = Subject {
            name: format!("{} of {}", bare.name, subject.name),
            environment: crate::competitors::environment(stand_ins, &[("BENCH_REQUESTS", &serde_json::to_string(&requests)?)]),
            binary: bare.binary.clone(),
            what: bare.what.clone(),
            package: bare.package.clone(),
            arguments: Vec::new(),
            calls: bare.calls.clone(),
            kind: bare.kind,
            hashes: 0,
        };
        if let Some(row) = rows.get_mut(index) {
            row.requests = requests.iter().map(|request| request.action.clone()).collect();
        }
        replays.push((index, replay, Sample::default()));
    }
    for start in 1..=arguments.starts {
        say(format!("Start {start} of {} of bare functions that make the same requests", arguments.starts));
        for (_, replay, sample) in &mut replays {
            let figures = one_start(replay, stand_ins, arguments.warm, &Share::Whole).await.with_context(|| replay.name.clone())?;
            let warm = figures.into_iter().filter(|(name, _)| *name == "warm_cpu_ms").flat_map(|(_, values)| values);
            warm.for_each(|value| sample.add(value));
        }
    }
    for (index, _, sample) in replays {
        if let Some(row) = rows.get_mut(index) {
            row.bare_warm_cpu = Some(sample.median());
        }
    }
    Ok(())
}

/// The DynamoDB requests of a warm call.
async fn requests(subject: &Subject, stand_ins: &StandIns) -> Result<Vec<Request>> {
    let log = stand_ins.folder.join("logs/requests.log");
    fs::create_dir_all(stand_ins.folder.join("logs"))?;
    let events = subject.events(2).await?;
    let process = stand_ins.host.start(&subject.program(&log)?).await?;
    let (first, second) = (events.first().context("no event")?, events.get(1).context("no event")?);
    call(&process, first).await?;
    process.idle().await?;
    stand_ins.recording.begin();
    call(&process, second).await?;
    let requests = stand_ins.recording.end();
    process.stop().await;
    Ok(requests)
}

/// The CPU time that a process has used.
#[derive(Clone, Copy, Debug)]
struct Cpu {
    milliseconds: f64,
}

impl Cpu {
    /// Of all its threads, those that have ended included. `/proc/<id>/stat` counts in hundredths of a second.
    fn of(process: &Process) -> Result<Self> {
        let id = Pid::from_raw(process.id());
        let time = clock_getcpuclockid(id).and_then(ClockId::now).context("the CPU time of a process can't be read")?;
        Ok(Self { milliseconds: Duration::from(time).as_secs_f64() * 1000.0 })
    }
}

/// The most memory that a process ever held.
fn peak_mib(process: &Process) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib / 1024.0)
}

/// The size of what is uploaded, packed as `sam deploy` packs it.
async fn zip(subject: &Subject, stand_ins: &StandIns) -> Result<u64> {
    let zips = stand_ins.folder.join("zips");
    fs::create_dir_all(&zips)?;
    let zip: PathBuf = zips.join(format!("{}.zip", subject.name));
    let _ = fs::remove_file(&zip);
    let (folder, names) = &subject.package;
    let mut command = tokio::process::Command::new("python3");
    command.args(["-m", "zipfile", "-c"]).arg(&zip).args(names).current_dir(folder);
    anyhow::ensure!(command.status().await?.success(), "{} can't be packed", subject.name);
    Ok(fs::metadata(&zip)?.len())
}
