//! `wirereel-whisperer`: captures packets and writes them to stdout, for the workbench that started it.
//!
//! It opens the interfaces, gives up every right it has, and from then on only reads packets and writes frames
//! (`wirereel-whisper`). Nothing is parsed here.
#![forbid(unsafe_code)]

mod arguments;
mod breaker;
mod file;
mod filter;
mod host;
mod interfaces;
mod losses;
mod outbox;
mod sandbox;
mod sender;
mod session;
mod sockets;
mod status;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = arguments::Arguments::parse();
    if arguments.list_interfaces {
        return host::list();
    }
    if arguments.check {
        return host::check();
    }
    if arguments.watch_sockets {
        return sockets::watch();
    }
    session::run()
}
