//! Puts the ready-made DuckDB library beside the programs that load it.
//!
//! Programs look for it in their own folder and in the one above (`rpath` in `.cargo/config.toml`), so that a
//! built program runs without `LD_LIBRARY_PATH`. With the feature `bundled` DuckDB is inside the program.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

fn main() {
    println!("cargo:rerun-if-env-changed=DUCKDB_LIB_DIR");
    if env::var_os("CARGO_FEATURE_BUNDLED").is_some() {
        return;
    }
    let Some(folder) = env::var_os("DUCKDB_LIB_DIR").map(PathBuf::from) else {
        println!("cargo:warning=DUCKDB_LIB_DIR is not set: programs will need libduckdb in the system's library path");
        return;
    };
    let library = folder.join(library_name());
    println!("cargo:rerun-if-changed={}", library.display());
    if let Err(error) = copy_beside_programs(&library) {
        println!("cargo:warning={}: {error}; run scripts/fetch-libduckdb to fetch it", library.display());
    }
}

/// The name of the shared library on the target's platform.
fn library_name() -> &'static str {
    match env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("windows") => "duckdb.dll",
        Ok("macos") => "libduckdb.dylib",
        _ => "libduckdb.so",
    }
}

fn copy_beside_programs(library: &Path) -> io::Result<()> {
    let Some(programs) = env::var_os("OUT_DIR").and_then(|out| profile_folder(Path::new(&out))) else {
        return Ok(());
    };
    let copy = programs.join(library_name());
    if same_length_and_not_older(library, &copy) {
        return Ok(());
    }
    // Written under another name first: a program that runs keeps the library it has loaded.
    let fresh = programs.join(format!("{}.new", library_name()));
    fs::copy(library, &fresh)?;
    fs::rename(&fresh, &copy)
}

/// `target/<profile>` from `target/<profile>/build/<crate>-<hash>/out`.
fn profile_folder(out: &Path) -> Option<PathBuf> {
    out.ancestors().find(|folder| folder.ends_with("build")).and_then(Path::parent).map(Path::to_path_buf)
}

fn same_length_and_not_older(original: &Path, copy: &Path) -> bool {
    let (Ok(original), Ok(copy)) = (fs::metadata(original), fs::metadata(copy)) else {
        return false;
    };
    let newer = match (original.modified(), copy.modified()) {
        (Ok(original), Ok(copy)) => copy >= original,
        _ => false,
    };
    original.len() == copy.len() && newer
}
