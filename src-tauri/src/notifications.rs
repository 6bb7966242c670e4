//! Notifications of the desktop, where alerts have a target that wants them.

use notify_rust::Notification;
use wirereel_api::Desktop;

/// The desktop that the window is on.
pub(crate) struct Notifications;

impl Desktop for Notifications {
    fn show(&self, title: &str, message: &str) -> Result<(), String> {
        let shown =
            Notification::new().appname("Wirereel").icon("wirereel").summary(title).body(&plain(message)).show();
        shown.map(drop).map_err(|error| format!("the desktop shows no notifications: {error}"))
    }
}

/// A message in which nothing is markup: where a desktop reads some, names must not become any (Desktop Notifications Specification 1.2,
/// "Markup").
fn plain(message: &str) -> String {
    if cfg!(any(target_os = "macos", target_os = "windows")) {
        return message.to_owned();
    }
    message.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[ignore = "shows a notification on the desktop it runs on"]
    fn one_is_shown() {
        let shown = Notifications.show("Website down – opened", "Website shop is down. availability=75%");
        assert_eq!(shown, Ok(()));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_desktop_that_shows_none_says_so() {
        let nowhere = std::env::temp_dir().join("wirereel-no-such-bus");
        let child = std::process::Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "notifications::tests::one_is_shown", "--ignored", "--nocapture"])
            .env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", nowhere.display()))
            .output()
            .expect("it runs");
        let said = [child.stdout, child.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(!child.status.success() && said.contains("the desktop shows no notifications: "), "{said}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn nothing_in_a_name_is_markup() {
        assert_eq!(plain("Website <b>x</b> & co is down."), "Website &lt;b&gt;x&lt;/b&gt; &amp; co is down.");
    }
}
