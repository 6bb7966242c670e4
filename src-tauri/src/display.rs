//! Whether there is a display to draw on, and how WebKit should draw on it.
//!
//! Both are questions only on Linux and its relatives; elsewhere the window system is always there.

/// Why no window can be shown.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "no display: {0}. Start the window from a desktop session, or run `wirereel serve` and open the address that it prints in a browser"
)]
pub(crate) struct NoDisplay(String);

#[cfg(not(target_os = "linux"))]
pub(crate) fn prepare() -> Result<(), NoDisplay> {
    Ok(())
}

#[cfg(target_os = "linux")]
pub(crate) use linux::prepare;

#[cfg(target_os = "linux")]
mod linux {
    use std::{
        env, fs, io,
        os::{
            linux::net::SocketAddrExt as _, unix::net::SocketAddr, unix::net::UnixStream,
            unix::process::CommandExt as _,
        },
        path::{Path, PathBuf},
        process::Command,
    };

    use super::NoDisplay;

    const NO_DMABUF: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

    /// Finds the display. Where WebKit's fast way to it is known to give blank windows, starts this program over without it.
    ///
    /// # Errors
    /// When neither Wayland nor X answers.
    pub(crate) fn prepare() -> Result<(), NoDisplay> {
        find(&Surroundings::of_this_process())?;
        if env::var_os(NO_DMABUF).is_none() && dmabuf_blanks(Path::new("/")) {
            start_over_without_dmabuf();
        }
        Ok(())
    }

    /// What the environment says about displays.
    struct Surroundings {
        wayland: Option<PathBuf>,
        x: Option<String>,
    }

    impl Surroundings {
        fn of_this_process() -> Self {
            let wayland = env::var_os("WAYLAND_DISPLAY").filter(|name| !name.is_empty());
            let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).unwrap_or_default();
            Self {
                wayland: wayland.map(|name| runtime.join(name)),
                x: env::var("DISPLAY").ok().filter(|name| !name.is_empty()),
            }
        }
    }

    fn find(around: &Surroundings) -> Result<(), NoDisplay> {
        let mut silent = Vec::new();
        if let Some(socket) = &around.wayland {
            match UnixStream::connect(socket) {
                Ok(_) => return Ok(()),
                Err(error) => silent.push(format!("WAYLAND_DISPLAY ({}): {error}", socket.display())),
            }
        }
        if let Some(name) = &around.x {
            match reach_x(name) {
                Ok(()) => return Ok(()),
                Err(error) => silent.push(format!("DISPLAY ({name}): {error}")),
            }
        }
        if silent.is_empty() {
            silent.push("neither WAYLAND_DISPLAY nor DISPLAY is set".into());
        }
        Err(NoDisplay(silent.join("; ")))
    }

    /// Knocks at a local X server. One on another host (`host:10.0`) is taken at its word.
    fn reach_x(display: &str) -> io::Result<()> {
        let Some((host, screen)) = display.rsplit_once(':') else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not of the form :0"));
        };
        if !host.is_empty() && host != "unix" {
            return Ok(());
        }
        let number = screen.split('.').next().unwrap_or_default();
        let path = format!("/tmp/.X11-unix/X{number}");
        UnixStream::connect(&path)
            .or_else(|error| match SocketAddr::from_abstract_name(&path) {
                Ok(address) => UnixStream::connect_addr(&address).map_err(|_| error),
                Err(_) => Err(error),
            })
            .map(drop)
    }

    /// Whether WebKit's DMA-BUF renderer shows blank windows here: with NVIDIA's own driver, or with no render node at all. Not for
    /// other machines: some with AMD graphics go blank without it.
    fn dmabuf_blanks(root: &Path) -> bool {
        let nvidia = root.join("sys/module/nvidia").exists() || root.join("proc/driver/nvidia/version").exists();
        let render_node = fs::read_dir(root.join("dev/dri"))
            .is_ok_and(|nodes| nodes.flatten().any(|node| node.file_name().to_string_lossy().starts_with("renderD")));
        nvidia || !render_node
    }

    /// WebKit reads the environment, and changing one's own is unsound once threads run: so a new start with the right one, in the
    /// same process. Goes on as it is when that fails.
    fn start_over_without_dmabuf() {
        if let Ok(program) = env::current_exe() {
            let error = Command::new(program).args(env::args_os().skip(1)).env(NO_DMABUF, "1").exec();
            tracing::warn!(%error, "could not turn off WebKit's DMA-BUF renderer; the window may stay blank");
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn no_display_is_an_error_that_names_the_way_out() {
            let error = find(&Surroundings { wayland: None, x: None }).unwrap_err().to_string();
            assert!(error.contains("neither WAYLAND_DISPLAY nor DISPLAY is set"), "{error}");
            assert!(error.contains("wirereel serve"), "{error}");
        }

        #[test]
        fn a_display_that_does_not_answer_is_named() {
            let gone = Surroundings { wayland: Some("/nonexistent/wayland-0".into()), x: Some(":64999".into()) };
            let error = find(&gone).unwrap_err().to_string();
            assert!(error.contains("wayland-0") && error.contains(":64999"), "{error}");
        }

        #[test]
        fn a_display_on_another_host_is_taken_at_its_word() {
            assert_eq!(find(&Surroundings { wayland: None, x: Some("desk:10.0".into()) }), Ok(()));
        }

        #[test]
        fn dmabuf_goes_off_for_nvidia_and_without_a_render_node() {
            let root = tempfile::tempdir().unwrap();
            assert!(dmabuf_blanks(root.path()), "no render node");
            fs::create_dir_all(root.path().join("dev/dri")).unwrap();
            fs::write(root.path().join("dev/dri/renderD128"), "").unwrap();
            assert!(!dmabuf_blanks(root.path()), "a render node and no NVIDIA driver");
            fs::create_dir_all(root.path().join("sys/module/nvidia")).unwrap();
            assert!(dmabuf_blanks(root.path()), "NVIDIA's driver");
        }
    }
}
