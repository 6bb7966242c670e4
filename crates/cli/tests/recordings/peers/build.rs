//! Makes the messages and the service of `proto/stock.proto`; protox reads it, so that no protoc is needed.

fn main() -> anyhow::Result<()> {
    println!("cargo::rerun-if-changed=proto");
    tonic_prost_build::configure().compile_fds(protox::compile(["stock.proto"], ["proto"])?)?;
    Ok(())
}
