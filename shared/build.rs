//! Makes the set of common passwords from their list: a finite-state machine, which is searched as it lies in the binary.

use std::path::PathBuf;
use std::{env, error, fs};

const LIST: &str = "src/credentials/common-passwords.txt";

fn main() -> Result<(), Box<dyn error::Error>> {
    println!("cargo::rerun-if-changed={LIST}");
    let list = fs::read_to_string(LIST)?;
    let set = fst::Set::from_iter(list.lines())?;
    fs::write(PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo gives OUT_DIR")?).join("common-passwords.fst"), set.as_fst().as_bytes())?;
    Ok(())
}
