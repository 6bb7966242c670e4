//! A checked filter as one boolean SQL expression. Text of the user only ever becomes a parameter.

use std::fmt;

use super::{
    field::{Field, Kind},
    structure::Node,
    term::{Limits, Term, Test},
};

/// Columns that text without a field is searched in. `target` holds the path.
const ANYWHERE: &[&str] = &["target", "host", "method", "client_service", "server_service"];

/// The same for flows; their exchanges are searched as well.
const ANYWHERE_OF_FLOWS: &[&str] = &["server_name", "client_service", "server_service", "client_ip", "server_ip"];

/// A boolean expression over the columns of one kind of [`Rows`], and its parameters in order of `?`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Compiled {
    pub sql: String,
    pub params: Vec<Param>,
}

/// A value for one `?`.
#[derive(Debug, Clone, PartialEq)]
pub enum Param {
    Text(String),
    Integer(i64),
}

impl fmt::Display for Param {
    /// As an SQL literal, for messages and logs; queries bind it.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(out, "'{}'", text.replace('\'', "''")),
            Self::Integer(value) => write!(out, "{value}"),
        }
    }
}

impl Compiled {
    /// Appends SQL of ours.
    pub(super) fn push(&mut self, sql: &str) {
        self.sql.push_str(sql);
    }

    /// Appends SQL of ours with one `?` in it.
    pub(super) fn push_with(&mut self, sql: &str, param: Param) {
        self.push(sql);
        self.params.push(param);
    }

    /// Appends the parts in parentheses with `between` between them; a single part without.
    fn push_joined<T>(&mut self, parts: &[T], between: &str, mut write: impl FnMut(&mut Self, &T)) {
        if let [only] = parts {
            return write(self, only);
        }
        for (index, part) in parts.iter().enumerate() {
            self.push(if index == 0 { "(" } else { between });
            write(self, part);
        }
        self.push(")");
    }
}

/// What a condition is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    Exchanges,
    Flows,
    Handshakes,
}

impl Rows {
    /// The table or view whose columns fields name.
    pub fn table(self) -> &'static str {
        match self {
            Self::Exchanges => "raw.exchanges",
            Self::Flows => "raw.named_flows",
            Self::Handshakes => "raw.tls_handshakes",
        }
    }

    fn columns(self, field: &Field) -> &'static [&'static str] {
        match self {
            Self::Exchanges => field.columns,
            Self::Flows => field.flow_columns,
            Self::Handshakes => field.handshake_columns,
        }
    }
}

/// Writes a node. Under `NOT` a comparison with a missing value counts as false, so that `-status:500` keeps
/// exchanges without a status; elsewhere SQL's *unknown* selects nothing, which is the same.
pub(super) fn write(node: &Node<Term>, rows: Rows, out: &mut Compiled) {
    if rows == Rows::Flows && is_of_exchanges(node) {
        return among(Rows::Exchanges, out, |out| write(node, Rows::Exchanges, out));
    }
    match node {
        Node::Term(term) => write_term(term, rows, out),
        Node::All(nodes) => {
            out.push_joined(&of_one_exchange(nodes, rows, Node::All), " AND ", |out, node| write(node, rows, out));
        }
        Node::Any(nodes) => {
            out.push_joined(&of_one_exchange(nodes, rows, Node::Any), " OR ", |out, node| write(node, rows, out));
        }
        Node::Not(node) => {
            out.push("NOT coalesce(");
            write(node, rows, out);
            out.push(", false)");
        }
    }
}

/// Whether a node asks nothing that a flow has itself. What is negated is asked of all exchanges of a flow, not of one.
fn is_of_exchanges(node: &Node<Term>) -> bool {
    match node {
        Node::Term(Term::Field { field, .. }) => field.is_of_exchanges(),
        Node::Term(Term::Anywhere(_)) | Node::Not(_) => false,
        Node::All(nodes) | Node::Any(nodes) => nodes.iter().all(is_of_exchanges),
    }
}

/// The nodes, with those that one exchange of a flow must match together as a single last one.
fn of_one_exchange(nodes: &[Node<Term>], rows: Rows, join: fn(Vec<Node<Term>>) -> Node<Term>) -> Vec<Node<Term>> {
    if rows != Rows::Flows {
        return nodes.to_vec();
    }
    let (exchanges, mut parts): (Vec<_>, Vec<_>) = nodes.iter().cloned().partition(is_of_exchanges);
    if !exchanges.is_empty() {
        parts.push(join(exchanges));
    }
    parts
}

/// The flow is that of a row in another table.
fn among(rows: Rows, out: &mut Compiled, condition: impl FnOnce(&mut Compiled)) {
    out.push(&format!("flow_id IN (SELECT flow_id FROM {} WHERE ", rows.table()));
    condition(out);
    out.push(")");
}

fn write_term(term: &Term, rows: Rows, out: &mut Compiled) {
    match term {
        Term::Anywhere(pieces) => {
            let around = [&[String::new()][..], pieces, &[String::new()]].concat();
            let write_columns = |columns: &[&str], out: &mut Compiled| {
                out.push_joined(columns, " OR ", |out, column| {
                    write_pattern(&format!("lower({column})"), &around, out);
                });
            };
            if rows == Rows::Exchanges {
                return write_columns(ANYWHERE, out);
            }
            out.push("(");
            write_columns(ANYWHERE_OF_FLOWS, out);
            out.push(" OR ");
            among(Rows::Exchanges, out, |out| write_columns(ANYWHERE, out));
            out.push(")");
        }
        Term::Field { field, tests } => {
            let own = rows.columns(field);
            if own.is_empty() {
                let others = [Rows::Exchanges, Rows::Flows, Rows::Handshakes];
                if let Some(other) = others.into_iter().find(|other| !other.columns(field).is_empty()) {
                    among(other, out, |out| write_field(field, other.columns(field), tests, out));
                }
            } else if rows == Rows::Flows && field.also_by_exchange {
                out.push("(");
                write_field(field, own, tests, out);
                out.push(" OR ");
                among(Rows::Exchanges, out, |out| write_field(field, field.columns, tests, out));
                out.push(")");
            } else {
                write_field(field, own, tests, out);
            }
        }
    }
}

fn write_field(field: &Field, columns: &[&str], tests: &[Test], out: &mut Compiled) {
    out.push_joined(columns, " OR ", |out, column| {
        // Several plain values make one `IN`.
        let (plain, others): (Vec<&Test>, Vec<&Test>) = tests.iter().partition(|test| literal(test).is_some());
        match (&plain[..], &others[..]) {
            ([_, _, ..], []) => write_in(field, column, &plain, out),
            ([_, _, ..], _) => {
                out.push("(");
                write_in(field, column, &plain, out);
                for test in others {
                    out.push(" OR ");
                    write_test(field, column, test, out);
                }
                out.push(")");
            }
            _ => out.push_joined(tests, " OR ", |out, test| write_test(field, column, test, out)),
        }
    });
}

/// The value of a test for equality.
fn literal(test: &Test) -> Option<Param> {
    match test {
        Test::Text(text) => Some(Param::Text(text.clone())),
        Test::Number(value) => Some(Param::Integer(*value)),
        _ => None,
    }
}

/// The column as it is compared: in small letters where case does not count.
fn compared(field: &Field, column: &str) -> String {
    match field.kind {
        Kind::Folded | Kind::Words => format!("lower({column})"),
        _ => column.to_owned(),
    }
}

fn write_in(field: &Field, column: &str, tests: &[&Test], out: &mut Compiled) {
    out.push(&format!("{} IN (", compared(field, column)));
    for (index, param) in tests.iter().filter_map(|test| literal(test)).enumerate() {
        out.push_with(if index == 0 { "?" } else { ", ?" }, param);
    }
    out.push(")");
}

fn write_test(field: &Field, column: &str, test: &Test, out: &mut Compiled) {
    let value = compared(field, column);
    match test {
        Test::Missing => out.push(&format!("{column} IS NULL")),
        Test::Present => out.push(&format!("{column} IS NOT NULL")),
        Test::Text(text) => out.push_with(&format!("{value} = ?"), Param::Text(text.clone())),
        Test::Number(number) => out.push_with(&format!("{value} = ?"), Param::Integer(*number)),
        Test::Flag(true) => out.push(column),
        Test::Flag(false) => out.push(&format!("NOT {column}")),
        Test::Between(limits) => write_limits(column, *limits, out),
        Test::Pattern(pieces) => write_pattern(&value, pieces, out),
        Test::Network(network) => network.write(column, out),
    }
}

fn write_limits(column: &str, limits: Limits, out: &mut Compiled) {
    let mut parts = Vec::new();
    for (limit, above, at) in [(limits.lower, ">", ">="), (limits.upper, "<", "<=")] {
        parts.extend(limit.map(|limit| (if limit.inclusive { at } else { above }, limit.value)));
    }
    out.push_joined(&parts, " AND ", |out, (sign, value)| {
        out.push_with(&format!("{column} {sign} ?"), Param::Integer(*value));
    });
}

/// Text with anything between the pieces: the shapes that a plain function answers use it, because it needs no escaping and
/// is faster than `LIKE`.
fn write_pattern(value: &str, pieces: &[String], out: &mut Compiled) {
    let function = match pieces {
        [start, end] if end.is_empty() => Some(("starts_with", start)),
        [start, end] if start.is_empty() => Some(("ends_with", end)),
        [start, part, end] if start.is_empty() && end.is_empty() => Some(("contains", part)),
        _ => None,
    };
    if let Some((function, piece)) = function {
        return out.push_with(&format!("{function}({value}, ?)"), Param::Text(piece.clone()));
    }
    let escaped = pieces.iter().map(|piece| piece.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
    let pattern = escaped.collect::<Vec<_>>().join("%");
    out.push_with(&format!("{value} LIKE ? ESCAPE '\\'"), Param::Text(pattern));
}
