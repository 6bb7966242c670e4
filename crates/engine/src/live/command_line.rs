//! The command line that starts an agent: split as a shell would, run without one.

use std::{path::Path, process::Command};

/// What ssh is told besides: never to ask a question that nobody sees, and to notice within three seconds that the network is cut.
const SSH_OPTIONS: [(&str, &str); 4] =
    [("BatchMode", "yes"), ("ConnectTimeout", "10"), ("ServerAliveInterval", "1"), ("ServerAliveCountMax", "2")];

/// Reads a command line.
///
/// # Errors
/// A sentence, when it is empty or a quotation mark is not closed.
pub(crate) fn read(line: &str) -> Result<Command, String> {
    let words = shlex::split(line).ok_or_else(|| format!("{line:?}: a quotation mark is not closed"))?;
    let Some((program, arguments)) = words.split_first() else {
        return Err("an empty command line: such as ssh HOST wirereel-whisperer is expected".into());
    };
    let mut command = Command::new(program);
    if is_ssh(program) {
        for (name, value) in SSH_OPTIONS {
            // ssh goes by what it is told first: what the user says about it counts.
            let is_told = arguments.iter().any(|argument| argument.to_lowercase().contains(&name.to_lowercase()));
            if !is_told {
                command.arg("-o").arg(format!("{name}={value}"));
            }
        }
    }
    command.args(arguments);
    Ok(command)
}

fn is_ssh(program: &str) -> bool {
    Path::new(program).file_stem().is_some_and(|name| name == "ssh")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        let command = read(line).unwrap();
        let text = |word: &std::ffi::OsStr| word.to_string_lossy().into_owned();
        std::iter::once(text(command.get_program())).chain(command.get_args().map(text)).collect()
    }

    #[test]
    fn a_line_is_split_as_a_shell_would_and_nothing_in_it_is_run_by_one() {
        let line = r#"docker exec -i 'my app' "wirereel-whisperer" $(reboot); rm \*"#;
        assert_eq!(words(line), ["docker", "exec", "-i", "my app", "wirereel-whisperer", "$(reboot);", "rm", "*"]);
        assert!(read("ssh 'host").unwrap_err().contains("not closed"));
        assert!(read("  ").unwrap_err().contains("empty"));
    }

    #[test]
    fn ssh_never_asks_and_notices_a_cut_unless_the_user_says_otherwise() {
        let said = words("/usr/bin/ssh -o serveraliveinterval=30 capture@stage wirereel-whisperer").join(" ");
        assert_eq!(
            said,
            "/usr/bin/ssh -o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveCountMax=2 \
             -o serveraliveinterval=30 capture@stage wirereel-whisperer"
        );
        assert_eq!(words("sshpass x").len(), 2);
    }
}
