//! An sshd of the test's own, on loopback, with its own keys, port and configuration. The machine's own is left alone.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;

use crate::support::{agent, descendants, wait_for};

pub(crate) struct Sshd {
    folder: TempDir,
    port: u16,
    child: Child,
}

impl Sshd {
    /// `None`, with a message, where there is no sshd.
    pub(crate) fn start() -> Option<Self> {
        let Some(program) = ["/usr/sbin/sshd", "/usr/bin/sshd"].into_iter().find(|path| Path::new(path).is_file())
        else {
            println!("not tested: there is no sshd (scripts/setup --for test installs it)");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        for name in ["host_key", "user_key"] {
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(folder.path().join(name))
                .status();
            assert!(made.unwrap().success());
        }
        fs::copy(folder.path().join("user_key.pub"), folder.path().join("authorized_keys")).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let at = |name: &str| folder.path().join(name).display().to_string();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nStrictModes no\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nUsePAM no\nPermitRootLogin yes\n",
            at("host_key"),
            at("authorized_keys")
        );
        fs::write(folder.path().join("sshd_config"), config).unwrap();
        let host_key = fs::read_to_string(folder.path().join("host_key.pub")).unwrap();
        fs::write(folder.path().join("known_hosts"), format!("[127.0.0.1]:{port} {host_key}")).unwrap();
        let serve = format!("exec {program} -D -e -f {}", at("sshd_config"));
        let mut command = if is_root() {
            // As root it wants an empty folder in /run, which it gets in a mount namespace of its own.
            let mut command = Command::new("unshare");
            command
                .args(["--mount", "sh", "-c"])
                .arg(format!("mount -t tmpfs tmpfs /run && mkdir -m 755 /run/sshd && {serve}"));
            command
        } else {
            let mut command = Command::new("sh");
            command.arg("-c").arg(serve);
            command
        };
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let sshd = Self { folder, port, child };
        wait_for(|| TcpStream::connect_timeout(&([127, 0, 0, 1], port).into(), Duration::from_secs(1)).is_ok());
        Some(sshd)
    }

    /// The command line that starts the agent behind it.
    pub(crate) fn command(&self) -> String {
        let at = |name: &str| self.folder.path().join(name).display().to_string();
        format!(
            "ssh -F /dev/null -p {} -i {} -o IdentitiesOnly=yes -o UserKnownHostsFile={} -o StrictHostKeyChecking=yes 127.0.0.1 {}",
            self.port,
            at("user_key"),
            at("known_hosts"),
            agent().display()
        )
    }

    /// The port that it is reached at.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Makes the host's key another one than is known.
    pub(crate) fn forget_host(&self) {
        let other = fs::read_to_string(self.folder.path().join("user_key.pub")).unwrap();
        fs::write(self.folder.path().join("known_hosts"), format!("[127.0.0.1]:{} {other}", self.port)).unwrap();
    }

    /// Processes of sessions: sshd's own.
    pub(crate) fn sessions(&self) -> Vec<u32> {
        self.below("sshd")
    }

    /// Agents that run behind it.
    pub(crate) fn agents(&self) -> Vec<u32> {
        self.below("wirereel-whispe")
    }

    fn below(&self, name: &str) -> Vec<u32> {
        descendants(self.child.id()).into_iter().filter(|(_, found)| found == name).map(|(pid, _)| pid).collect()
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        for (pid, _) in descendants(self.child.id()) {
            let _ = Command::new("kill").arg("-KILL").arg(pid.to_string()).status();
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            println!("{}", fs::read_to_string(self.folder.path().join("log")).unwrap_or_default());
        }
    }
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim() == "0"
}
