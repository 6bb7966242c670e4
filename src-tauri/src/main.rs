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
mod start;
mod ticks;
mod window;

use std::process::ExitCode;

use clap::Parser as _;

use crate::arguments::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(tracing::Level::INFO).init();
    match display::prepare().map_err(start::StartError::from).and_then(|()| start::start(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}
