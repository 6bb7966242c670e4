//! Tables, for a terminal and for a page.

use std::fmt::Write as _;

/// Columns padded to their widest cell: the first to the right, the others to the left.
pub(super) fn padded(heads: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([heads[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let mut text = String::new();
    let heads = heads.iter().map(|head| (*head).to_owned()).collect();
    for row in std::iter::once(&heads).chain(rows) {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match column {
            0 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        let _ = writeln!(text, "{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    text
}

/// As Markdown has them.
pub(super) fn marked(heads: &[&str], rows: &[Vec<String>]) -> String {
    let mut text = format!("| {} |\n|---|{}\n", heads.join(" | "), "---:|".repeat(heads.len().saturating_sub(1)));
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_pages_have_their_rule() {
        let rows = vec![vec!["off".to_owned(), "1".to_owned()], vec!["lifecycle".to_owned(), "12,000".to_owned()]];
        assert_eq!(padded(&["mode", "n"], &rows), "mode            n\noff             1\nlifecycle  12,000\n");
        assert_eq!(marked(&["mode", "n"], &rows), "| mode | n |\n|---|---:|\n| off | 1 |\n| lifecycle | 12,000 |\n");
    }
}
