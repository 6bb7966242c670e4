//! What a field of the filter language is; [`FIELDS`] lists them.

use super::fields::FIELDS;

/// What a field's values are and how they are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Compared letter by letter; `*` stands for any characters.
    Name,
    /// As [`Kind::Name`], upper and lower case being the same.
    Folded,
    /// Found anywhere in the column, upper and lower case being the same.
    Words,
    /// A whole number in the range; can be compared.
    Number { least: i64, most: i64 },
    /// An HTTP status: a number, or a class such as `5xx`.
    Status,
    /// A time span with its unit; the column is in microseconds.
    Duration,
    /// A size, in bytes unless it has a unit; the column is in bytes.
    Size,
    /// `true` or `false`.
    Flag,
    /// An IP address or a network such as `10.0.0.0/8`; the column is text as RFC 5952 writes it.
    Address,
}

/// A field of the query box.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    /// Columns of the view `http_exchanges`; a term matches when it does for any of them.
    pub columns: &'static [&'static str],
    /// Columns of `raw.named_flows`: a flow has it itself.
    pub flow_columns: &'static [&'static str],
    /// Columns of `raw.tls_handshakes`: a flow has it by its handshake.
    pub handshake_columns: &'static [&'static str],
    /// Whether a flow also has what its exchanges have, because the two tell different things.
    pub also_by_exchange: bool,
    pub kind: Kind,
    pub example: &'static str,
    /// What it is, in a few words.
    pub help: &'static str,
    /// Values worth suggesting without asking the recording.
    pub values: &'static [&'static str],
    /// Whether an exchange may lack it, so that `none` finds some.
    pub optional: bool,
}

pub(super) const fn field(
    name: &'static str,
    columns: &'static [&'static str],
    kind: Kind,
    example: &'static str,
    help: &'static str,
) -> Field {
    Field {
        name,
        aliases: &[],
        columns,
        flow_columns: &[],
        handshake_columns: &[],
        also_by_exchange: false,
        kind,
        example,
        help,
        values: &[],
        optional: true,
    }
}

/// A field that only flows have.
pub(super) const fn of_flow(
    name: &'static str,
    flow_columns: &'static [&'static str],
    kind: Kind,
    example: &'static str,
    help: &'static str,
) -> Field {
    field(name, &[], kind, example, help).flow(flow_columns)
}

impl Field {
    pub(super) const fn alias(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    pub(super) const fn values(self, values: &'static [&'static str]) -> Self {
        Self { values, ..self }
    }

    pub(super) const fn flow(self, flow_columns: &'static [&'static str]) -> Self {
        Self { flow_columns, ..self }
    }

    /// A flow has it by the same columns.
    pub(super) const fn flow_too(self) -> Self {
        Self { flow_columns: self.columns, ..self }
    }

    pub(super) const fn also_by_exchange(self) -> Self {
        Self { also_by_exchange: true, ..self }
    }

    pub(super) const fn handshake(self, handshake_columns: &'static [&'static str]) -> Self {
        Self { handshake_columns, ..self }
    }

    /// Whether only exchanges have it.
    pub(super) fn is_of_exchanges(&self) -> bool {
        self.flow_columns.is_empty() && self.handshake_columns.is_empty()
    }

    pub(super) const fn always(self) -> Self {
        Self { optional: false, ..self }
    }

    /// The field called `name`, in any case, by its name or an alias.
    pub fn named(name: &str) -> Option<&'static Self> {
        let name = name.to_ascii_lowercase();
        FIELDS.iter().find(|field| field.name == name || field.aliases.contains(&&*name))
    }

    /// The name most like `name`, when one is like it enough to be meant.
    pub fn nearest(name: &str) -> Option<&'static str> {
        let name = name.to_ascii_lowercase();
        let names = FIELDS.iter().flat_map(|field| std::iter::once(&field.name).chain(field.aliases));
        names
            .map(|known| {
                // What was only begun is nearer than what was misspelt.
                let begun = name.len() >= 3 && known.starts_with(&name);
                (if begun { 0 } else { distance(&name, known) }, *known)
            })
            .min_by_key(|(distance, _)| *distance)
            .filter(|(distance, known)| *distance <= 1 + known.len() / 4)
            .map(|(_, known)| known)
    }
}

/// Letters to insert, drop, replace or swap with their neighbour to make one word of the other (optimal string alignment).
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().take(32).collect(), other.chars().collect());
    let mut rows = vec![vec![0; other.len() + 1]; one.len() + 1];
    for i in 0..=one.len() {
        for j in 0..=other.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let replaced = rows[i - 1][j - 1] + usize::from(one[i - 1] != other[j - 1]);
                let mut least = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                    least = least.min(rows[i - 2][j - 2] + 1);
                }
                least
            };
        }
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use super::{super::fields::FIELDS, Field};

    #[test]
    fn names_and_aliases_are_found_in_any_case_and_unique() {
        let names: Vec<&str> = FIELDS.iter().flat_map(|field| [&[field.name], field.aliases].concat()).collect();
        for name in &names {
            assert_eq!(names.iter().filter(|other| *other == name).count(), 1, "{name}");
            assert!(Field::named(&name.to_uppercase()).is_some());
        }
    }

    #[test]
    fn every_example_is_a_filter_for_its_field() {
        for field in FIELDS {
            let filter = crate::filter::parse(field.example).unwrap();
            assert_eq!(filter.fields(), [field.name]);
        }
    }

    #[test]
    fn a_misspelt_or_begun_name_suggests_the_nearest() {
        assert_eq!(Field::nearest("statsu"), Some("status"));
        assert_eq!(Field::nearest("Metod"), Some("method"));
        assert_eq!(Field::nearest("dur"), Some("duration"));
        assert_eq!(Field::nearest("contenttype"), Some("content_type"));
        assert_eq!(Field::nearest("xyzzy"), None);
    }
}
