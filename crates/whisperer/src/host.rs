//! The host it runs on: its interfaces, and whether capturing is allowed.

use std::process::ExitCode;

use pcap::{Capture, Device};
use wirereel_whisper::{Address, Interface};

/// The interfaces, as libpcap lists them. An empty list when it cannot.
pub(crate) fn interfaces() -> Vec<Interface> {
    let devices = Device::list().unwrap_or_default();
    devices.into_iter().filter(is_network).map(told).collect()
}

/// Buses and daemons that libpcap lists beside network interfaces.
fn is_network(device: &Device) -> bool {
    const OTHERS: [&str; 5] = ["bluetooth", "usbmon", "nflog", "nfqueue", "dbus"];
    !OTHERS.iter().any(|prefix| device.name.starts_with(prefix))
}

fn told(device: Device) -> Interface {
    let addresses = device
        .addresses
        .iter()
        .map(|address| Address { ip: address.addr.to_string(), netmask: address.netmask.map(|mask| mask.to_string()) });
    Interface {
        addresses: addresses.collect(),
        up: device.flags.is_up(),
        loopback: device.flags.is_loopback(),
        name: device.name,
        description: device.desc,
    }
}

/// Why capturing is not allowed, with the command that mends it; `None` when it is.
pub(crate) fn hindrance() -> Option<String> {
    let device = interfaces().into_iter().find(|interface| interface.loopback)?;
    let error = Capture::from_device(&*device.name).ok()?.snaplen(64).timeout(1).open().err()?;
    Some(remedy(&error.to_string()))
}

/// The sentence for an interface that may not be opened.
pub(crate) fn remedy(error: &str) -> String {
    let program =
        std::env::current_exe().map_or_else(|_| "wirereel-whisperer".into(), |path| path.display().to_string());
    if error.contains("ermission") || error.contains("ermitted") {
        format!("it may not capture here: sudo setcap cap_net_raw+ep {program}")
    } else {
        error.to_owned()
    }
}

/// The host's name, as the kernel has it.
pub(crate) fn name() -> String {
    sysinfo::System::host_name().unwrap_or_else(|_| "unknown host".into())
}

/// `--list-interfaces`.
#[allow(clippy::print_stdout, reason = "asked for on the command line")]
pub(crate) fn list() -> ExitCode {
    for interface in interfaces() {
        let addresses: Vec<_> = interface.addresses.iter().map(|address| address.ip.as_str()).collect();
        let state = if interface.up { "up" } else { "down" };
        println!("{}\t{state}\t{}", interface.name, addresses.join(" "));
    }
    ExitCode::SUCCESS
}

/// `--check`.
#[allow(clippy::print_stdout, reason = "asked for on the command line")]
pub(crate) fn check() -> ExitCode {
    match hindrance() {
        None => {
            println!("{}: may capture", name());
            ExitCode::SUCCESS
        }
        Some(why) => {
            println!("{}: {why}", name());
            ExitCode::FAILURE
        }
    }
}
