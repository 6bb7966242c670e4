//! `wirereel`: the command line and the web host.
//!
//! Figures go to stdout, progress and warnings to stderr. Exit codes: 0 done, 1 failed, 2 usage.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line prints")]

mod arguments;
mod commands;
mod figures;
mod pictures;
mod report;
mod serve;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = arguments::Arguments::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_env("WIREREEL_LOG").unwrap_or_else(|_| "warn".into()))
        .init();
    match commands::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if commands::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wirereel: {error:#}");
            ExitCode::FAILURE
        }
    }
}
