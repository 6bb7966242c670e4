//! Makes Rust of `proto/probe.proto`, without a `protoc` on the machine, and keeps its descriptors for reflection.

use std::{env, error::Error, fs, path::PathBuf};

use protox::prost::Message;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto/probe.proto");
    let descriptors = protox::compile(["proto/probe.proto"], ["proto"])?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo names no folder for what is made")?);
    fs::write(out.join("probe.descriptors"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure().build_transport(false).compile_fds(descriptors)?;
    Ok(())
}
