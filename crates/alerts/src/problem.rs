//! What is wrong in a list.

use wirereel_settings::Problem;

/// Adds what is wrong with each item of a list, with its place.
pub(crate) fn each<T>(into: &mut Vec<Problem>, list: &str, items: &[T], of: impl Fn(&T) -> Vec<Problem>) {
    for (place, item) in items.iter().enumerate() {
        let prefix = format!("{list}[{place}]");
        into.extend(of(item).into_iter().map(|problem| problem.under(&prefix)));
    }
}
