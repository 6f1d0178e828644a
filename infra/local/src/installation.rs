//! Where the functions, the template and the pages of the docs lie: in a checkout, or in an unpacked release archive. Imports nothing
//! of ours.
//!
//! An archive has everything beside the program, and nothing is built: `functions/<name>/bootstrap`, which is also what
//! `sam deploy` uploads. On a machine that cannot run what AWS runs, `local/<name>/bootstrap` goes before it.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The folder with everything that the stack is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Installation {
    /// The sources; cargo builds the functions.
    Checkout(PathBuf),
    /// A release archive, unpacked; the functions are built.
    Archive(PathBuf),
}

impl Installation {
    /// The archive that this program lies in, or else the checkout that is the current directory.
    ///
    /// # Errors
    /// If there is neither, in a sentence that says what to do.
    pub fn find() -> Result<Self> {
        // A link to the program leads to its archive.
        let program = env::current_exe().and_then(|path| path.canonicalize()).context("The program's own path can't be read")?;
        Self::of(&program, &env::current_dir()?)
    }

    fn of(program: &Path, current: &Path) -> Result<Self> {
        let has = |folder: &Path, names: [&str; 2]| names.iter().all(|name| folder.join(name).exists());
        match program.parent() {
            Some(beside) if has(beside, ["template.yaml", "functions"]) => Ok(Self::Archive(beside.to_owned())),
            _ if has(current, ["template.yaml", "Cargo.toml"]) => Ok(Self::Checkout(current.to_owned())),
            _ => bail!(
                "There is nothing to run here. Start the program that lies in an unpacked release archive, or run this in the root of a \
                 checkout"
            ),
        }
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        match self {
            Self::Checkout(root) | Self::Archive(root) => root,
        }
    }

    /// The file of the contract.
    #[must_use]
    pub fn contract(&self) -> PathBuf {
        match self {
            Self::Checkout(root) => root.join("infra/openapi.yaml"),
            Self::Archive(root) => root.join("openapi.yaml"),
        }
    }

    /// Whether the functions can be built again.
    #[must_use]
    pub fn has_sources(&self) -> bool {
        matches!(self, Self::Checkout(_))
    }
}

/// The binary of each of `operations` in the archive at `root`.
///
/// # Errors
/// If one is missing.
pub(crate) fn packed(root: &Path, operations: &BTreeSet<String>) -> Result<BTreeMap<String, PathBuf>> {
    let find = |operation: &String| {
        let mut places = ["local", "functions"].iter().map(|folder| root.join(folder).join(operation).join("bootstrap"));
        let found = places.find(|path| path.is_file());
        let path = found.with_context(|| format!("{} has no {operation}. Unpack the archive again", root.display()))?;
        Ok((operation.clone(), path))
    };
    operations.iter().map(find).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A folder with these empty files.
    fn folder(files: &[&str]) -> PathBuf {
        let root = env::temp_dir().join(format!("latchkey-local-installation-{}", uuid::Uuid::new_v4()));
        fs::create_dir_all(&root).unwrap();
        for file in files {
            fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            fs::write(root.join(file), "").unwrap();
        }
        root
    }

    const ARCHIVE: [&str; 3] = ["latchkey", "template.yaml", "functions/jwks/bootstrap"];
    const CHECKOUT: [&str; 3] = ["template.yaml", "Cargo.toml", "target/debug/latchkey"];

    #[test]
    fn a_program_with_functions_beside_it_is_an_archive_s_wherever_it_is_started() {
        let (archive, checkout) = (folder(&ARCHIVE), folder(&CHECKOUT));

        for current in [&archive, &checkout, &env::temp_dir()] {
            let found = Installation::of(&archive.join("latchkey"), current).unwrap();
            assert_eq!(found, Installation::Archive(archive.clone()));
            assert_eq!((found.contract(), found.has_sources()), (archive.join("openapi.yaml"), false));
        }
        for folder in [archive, checkout] {
            fs::remove_dir_all(folder).unwrap();
        }
    }

    #[test]
    fn any_other_program_runs_the_checkout_in_which_it_is_started() {
        let checkout = folder(&CHECKOUT);
        let program = checkout.join("target/debug/latchkey");

        let found = Installation::of(&program, &checkout).unwrap();
        let elsewhere = Installation::of(&program, &checkout.join("target"));

        assert_eq!((found.root(), found.has_sources()), (checkout.as_path(), true));
        assert!(elsewhere.unwrap_err().to_string().contains("in the root of a checkout"));
        fs::remove_dir_all(checkout).unwrap();
    }

    #[test]
    fn a_function_for_this_machine_goes_before_the_one_for_aws_and_a_missing_one_is_named() {
        let root = folder(&["functions/jwks/bootstrap", "functions/mailer/bootstrap", "local/jwks/bootstrap"]);
        let packed = |names: &[&str]| packed(&root, &names.iter().map(|&name| name.to_owned()).collect());

        let found = packed(&["jwks", "mailer"]).unwrap();
        let missing = packed(&["jwks", "keys"]);

        assert_eq!(found["jwks"], root.join("local/jwks/bootstrap"));
        assert_eq!(found["mailer"], root.join("functions/mailer/bootstrap"));
        assert!(missing.unwrap_err().to_string().contains("has no keys"));
        fs::remove_dir_all(root).unwrap();
    }
}
