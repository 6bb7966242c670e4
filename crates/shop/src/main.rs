//! `wirereel-shop`: runs the demo shop, drives it, breaks it, records it.

#[cfg(unix)]
mod command;

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    command::main()
}

#[cfg(not(unix))]
fn main() -> std::process::ExitCode {
    use std::io::Write;
    let _ =
        writeln!(std::io::stderr(), "wirereel-shop runs on Linux: it needs addresses such as 127.0.1.11 on loopback");
    std::process::ExitCode::FAILURE
}
