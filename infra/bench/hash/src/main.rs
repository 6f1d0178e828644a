//! The functions' password hash alone, in the release profile of those that hash: the first in the process and those after
//! it, in milliseconds of wall clock and of CPU, as JSON.
//!
//! usage: bench-hash WARM HASH PASSWORD

use std::io::{Write, stdout};
use std::process::ExitCode;
use std::time::Instant;

use latchkey::credentials::{PasswordHash, PasswordHasher, PasswordParameters, Verdict};
use latchkey::domain::Secret;

fn main() -> ExitCode {
    let Some(times) = times() else { return ExitCode::FAILURE };
    match writeln!(stdout(), "{}", serde_json::json!(times)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// What a login does: verify a password. The hash to verify was made by another process, so that the first one here is the first.
fn times() -> Option<Vec<[f64; 2]>> {
    let mut arguments = std::env::args().skip(1);
    let warm: usize = arguments.next()?.parse().ok()?;
    let (stored, password) = (PasswordHash::from_stored(arguments.next()?), Secret::new(arguments.next()?));
    let hasher = PasswordHasher::new(PasswordParameters { memory_kib: 19_456, iterations: 2, parallelism: 1 }).ok()?;
    // As a function does before its first request.
    hasher.prepare().ok()?;
    let mut times = Vec::new();
    for _ in 0..=warm {
        let (start, cpu) = (Instant::now(), cpu()?);
        let verdict = hasher.verify(&password, Some(&stored)).ok()?;
        let wall = start.elapsed().as_secs_f64() * 1000.0;
        times.push([wall, self::cpu()? - cpu]);
        if verdict != Verdict::Right {
            return None;
        }
    }
    Some(times)
}

/// The CPU time of this thread, the only one.
fn cpu() -> Option<f64> {
    let nanoseconds = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(nanoseconds.split_whitespace().next()?.parse::<f64>().ok()? / 1e6)
}
