//! Processes as `/proc` has them: their numbers, their sockets, and what they are called.
//!
//! Sockets are looked at twice a second while connections come and go, by this alone: a link is read per open file, and nothing else.

use std::{collections::HashSet, fs, io};

use procfs::process::Process;
use rustix::fs::{CWD, Dir, Mode, OFlags, openat, readlinkat};

/// Programs that are nothing without a script.
const INTERPRETERS: [&str; 11] =
    ["python", "node", "nodejs", "ruby", "perl", "php", "java", "dotnet", "bash", "sh", "deno"];

/// The numbers of all processes.
pub(super) fn all() -> io::Result<HashSet<i32>> {
    let entries = fs::read_dir("/proc")?;
    Ok(entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect())
}

/// Tells the inodes of a process's sockets.
///
/// # Errors
/// When there is no such process, or it is another user's.
pub(super) fn each_socket(pid: i32, mut tell: impl FnMut(u64)) -> io::Result<()> {
    let folder =
        openat(CWD, format!("/proc/{pid}/fd"), OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let mut target = Vec::with_capacity(64);
    for entry in Dir::read_from(&folder)? {
        // A file that is closed meanwhile is no socket of it any more.
        let Ok(link) = readlinkat(&folder, entry?.file_name(), std::mem::take(&mut target)) else { continue };
        if let Some(inode) = socket_of(link.as_bytes()) {
            tell(inode);
        }
        target = link.into_bytes();
        target.clear();
    }
    Ok(())
}

/// `socket:[4026]`.
fn socket_of(link: &[u8]) -> Option<u64> {
    let inode = link.strip_prefix(b"socket:[")?.strip_suffix(b"]")?;
    std::str::from_utf8(inode).ok()?.parse().ok()
}

/// The program's name; of an interpreter with its script's.
pub(super) fn name(pid: i32) -> Option<String> {
    let process = Process::new(pid).ok()?;
    let program = process.stat().ok()?.comm;
    let arguments = process.cmdline().unwrap_or_default();
    Some(called(&program, &arguments))
}

fn called(program: &str, arguments: &[String]) -> String {
    let name = base_name(arguments.first().map_or(program, String::as_str)).to_owned();
    let name = if name.is_empty() { program.to_owned() } else { name };
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    if !INTERPRETERS.contains(&stem) {
        // Programs that write their state over their arguments, as servers do, are known by what the kernel calls them.
        return if name.contains([' ', ':']) { program.to_owned() } else { name };
    }
    let mut words = arguments.iter().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "-cp" | "-classpath" | "--class-path" => drop(words.next()),
            "-c" | "-e" => return name,
            word if word.starts_with('-') => {}
            script => return format!("{name} {}", base_name(script)),
        }
    }
    name
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use std::{net::TcpListener, os::unix::fs::MetadataExt};

    use super::*;

    #[test]
    fn own_sockets_are_found_among_own_files() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let file = fs::File::from(std::os::fd::OwnedFd::from(listener));
        let own = std::process::id() as i32;
        let mut found = Vec::new();
        each_socket(own, |inode| found.push(inode)).unwrap();
        assert!(found.contains(&file.metadata().unwrap().ino()), "{found:?}");
        assert!(all().unwrap().contains(&own));
        assert!(each_socket(i32::MAX, |_| ()).is_err());
    }

    #[test]
    fn only_links_to_sockets_have_their_inode() {
        assert_eq!(socket_of(b"socket:[4026]"), Some(4026));
        assert_eq!([socket_of(b"pipe:[4026]"), socket_of(b"/dev/null"), socket_of(b"socket:[x]")], [None; 3]);
    }

    #[test]
    fn interpreters_are_called_with_their_script_and_nobody_with_other_arguments() {
        let called = |program: &str, line: &str| {
            called(program, &line.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>())
        };
        assert_eq!(called("python3", "/usr/bin/python3.11 -u /srv/shop/cart.py --token s3cret"), "python3.11 cart.py");
        assert_eq!(called("python3", "python3 -m http.server 8000"), "python3 http.server");
        assert_eq!(called("java", "java -Xmx1g -cp a.jar:b.jar com.shop.Cart"), "java com.shop.Cart");
        assert_eq!(called("node", "node -e console.log(process.env.SECRET)"), "node");
        assert_eq!(called("nginx", "nginx: master process /usr/sbin/nginx"), "nginx");
        assert_eq!(called("payment", "/opt/payment --password x"), "payment");
        assert_eq!(called("kthreadd", ""), "kthreadd");
    }
}
