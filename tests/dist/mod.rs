//! The release archive, unpacked where nothing is installed.
//!
//! Ignored unless asked for, because it builds everything as it is released: `make test-dist` asks. LATCHKEY_TEST_BUILT leaves out the
//! build, for who has just done it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use latchkey_local::template::{Template, functions};
use latchkey_local::yaml;
use serde_json::{Value, json};

use crate::deploy::aws::Aws;
use crate::deploy::deployed::{outputs, run};
use crate::house::root;
use crate::stack::{step, tour};

#[test]
#[ignore = "builds the release archive: `make test-dist` runs it"]
fn the_archive_runs_and_deploys_where_nothing_is_installed() {
    step("make dist");
    let archive = pack(std::env::var_os("LATCHKEY_TEST_BUILT").is_some());
    let sums = std::fs::read(archive.with_added_extension("sha256")).unwrap();
    step("the same archive again");
    pack(true);
    assert_eq!(std::fs::read(archive.with_added_extension("sha256")).unwrap(), sums);

    step("what SAM uploads");
    let folder = std::env::temp_dir().join(format!("latchkey-archive-{}", uuid::Uuid::new_v4()));
    unpack(&archive, &folder);
    every_function_lies_where_the_template_says(&folder);
    step("an empty root, without a network");
    it_answers_at_once_and_leaves_nothing_running(&archive);
    step("sam deploy, without a compiler");
    sam_deploys_it(&folder);
    std::fs::remove_dir_all(folder).unwrap();
}

fn pack(built: bool) -> PathBuf {
    let mut make = Command::new("make");
    make.arg("dist").current_dir(root()).stdout(Stdio::piped());
    if built {
        make.arg("BUILT=1");
    }
    let output = make.output().unwrap();
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout).unwrap();
    println!("{said}");
    let path = said.split_whitespace().find(|word| word.ends_with(".tar.gz")).unwrap();
    root().join(path)
}

/// The content of the archive's one folder.
fn unpack(archive: &Path, folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    let tar = Command::new("tar").args(["--strip-components", "1", "-xzf"]).arg(archive).arg("-C").arg(folder).status().unwrap();
    assert!(tar.success());
}

fn every_function_lies_where_the_template_says(folder: &Path) {
    let path = folder.join("template.yaml");
    let template = yaml::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let resources = template["Resources"].as_object().unwrap().values();
    let places: BTreeSet<_> = resources.filter_map(|resource| resource.pointer("/Properties/CodeUri")?.as_str()).collect();
    assert_eq!(places.len(), functions(&Template::read(&path).unwrap()).len());
    for place in places {
        assert!(folder.join(place).join("bootstrap").is_file(), "{place}");
    }
    let parameters = ["dev", "prod"].map(|stage| std::fs::read_to_string(folder.join(format!("infra/parameters/{stage}.yaml"))).unwrap());
    assert!(
        parameters.iter().all(|text| text.contains(&format!("\nArchitecture: {}\n", std::env::consts::ARCH.replace("aarch64", "arm64"))))
    );
    let licences = std::fs::read_to_string(folder.join("THIRD-PARTY-LICENSES")).unwrap();
    for holder in ["aws-lc-sys ", "dynoxide-rs ", "utoipa-swagger-ui-vendored ", "SmartBear"] {
        assert!(licences.contains(holder), "{holder}");
    }
    assert!(["openapi.yaml", "samconfig.toml", "LICENSE-MIT", "LICENSE-APACHE"].iter().all(|name| folder.join(name).is_file()));
}

fn it_answers_at_once_and_leaves_nothing_running(archive: &Path) {
    let output = Command::new("python3").arg(root().join("tests/dist/bare_root.py")).arg(archive).stdout(Stdio::piped()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect();
    let report = lines.pop().unwrap();

    println!("{} s to the first answer, {} processes; alone: {}", report["seconds"], report["busy"], report["alone"]);
    assert_eq!((&report["tour"], &report["status"]), (&0.into(), &0.into()), "{report:#}");
    assert_eq!(report["left"], json!([]));
    assert!(report["busy"].as_u64().unwrap() > 1, "{report:#}");
    assert!(report["said"].as_str().unwrap().contains("Latchkey answers at http://127.0.0.1:"), "{report:#}");
    tour::check(&lines);
}

/// To an AWS on this machine, with nothing on the PATH but SAM and what every system has.
fn sam_deploys_it(folder: &Path) {
    let aws = Aws::start();
    let path = std::env::var_os("PATH").unwrap();
    let sam = std::env::split_paths(&path).map(|folder| folder.join("sam")).find(|program| program.is_file());
    let mut deploy = aws.command(sam.unwrap_or_else(|| panic!("no sam on the PATH: `make test-dist` puts it there")));
    deploy.args(["deploy", "--config-env", "dev"]).env("PATH", "/usr/bin:/bin").current_dir(folder);
    run(&mut deploy);

    // The archive's function `keys` has made them.
    let secret = aws.call("secretsmanager", "get_secret_value", json!({ "SecretId": outputs(&aws)["VerificationKeysArn"] }));
    let keys: Value = serde_json::from_str(secret["SecretString"].as_str().unwrap()).unwrap();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
}
