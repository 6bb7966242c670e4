//! `wirereel-app`: the desktop window. Thin on purpose: window, menu, dialogs, dropped files, and the wire from the page to
//! [`wirereel_api`], which holds everything that Wirereel can do.
#![forbid(unsafe_code)]
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod arguments;
mod bridge;
mod display;
mod host;
mod menu;
mod milestones;
mod notifications;
mod start;
mod ticks;
mod window;

use std::{io, io::IsTerminal as _, process::ExitCode};

use clap::Parser as _;

use crate::arguments::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_env("WIREREEL_LOG").unwrap_or_else(|_| "info".into()))
        .init();
    match display::prepare().map_err(start::StartError::from).and_then(|()| start::start(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}
