//! The built console. `make console` builds it; without it a page says so, and everything else works.

use std::{fs, io, path::Path};

const SOURCES: &str = "../console";
const BUILT: &str = "../console/dist";
const NOT_BUILT: &str = include_str!("not_built.html");

/// Copies the built files into a folder that then has nothing else.
pub(crate) fn gather(made: &Path) -> io::Result<()> {
    if made.exists() {
        fs::remove_dir_all(made)?;
    }
    fs::create_dir_all(made)?;
    if !Path::new(BUILT).is_dir() {
        // A path that does not exist yet cannot be watched.
        println!("cargo::rerun-if-changed={SOURCES}");
        return fs::write(made.join("index.html"), NOT_BUILT);
    }
    println!("cargo::rerun-if-changed={BUILT}");
    for file in fs::read_dir(BUILT)? {
        let file = file?;
        fs::copy(file.path(), made.join(file.file_name()))?;
    }
    Ok(())
}
