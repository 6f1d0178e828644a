//! Swagger UI, out of the zip of its release that the crate has. Imports nothing of ours.

use std::io::{Cursor, Read};

use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::ZipArchive;

/// The file `name` of the distribution; `None` if there is no such file.
pub(super) fn file(name: &str) -> Option<Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED)).ok()?;
    // The folder's name has the version.
    let path = archive.file_names().flatten().find(|path| path.split('/').skip(1).eq(["dist", name]))?.into_owned();
    let mut content = Vec::new();
    archive.by_name(&path).ok()?.read_to_end(&mut content).ok()?;
    Some(content)
}

#[cfg(test)]
mod tests {
    use super::file;

    #[test]
    fn the_files_that_the_reference_needs_are_there() {
        assert!(file("swagger-ui-bundle.js").unwrap().len() > 1_000_000);
        assert!(file("swagger-ui.css").unwrap().len() > 100_000);
        assert_eq!(file("package.json"), None);
    }
}
