//! The filter language: `field:value` text, checked and compiled to parameterised SQL.
//!
//! ```text
//! status:>=400,none service:cart -path:/health* (duration:>250ms OR error:reset)
//! ```
//!
//! Terms side by side must all match; `OR`, `AND`, `NOT`, `-` and parentheses are as in Lucene. A comma is *or* inside a
//! field, `none` is a missing value, `*` any characters, `>=`, `<=`, `>`, `<` and `[400 TO 499]` compare numbers, times and
//! sizes. Text without a field is searched for in what identifies an exchange. See [`FIELDS`].
//!
//! One text serves both exchanges and flows: what only the other one has is looked up there.
//!
//! From text to SQL: [`lexer`] → [`structure`] → [`term`] → [`sql`].

mod complete;
mod field;
mod fields;
mod lexer;
mod network;
mod place;
mod sql;
mod structure;
mod term;
#[cfg(test)]
mod tests;
mod value;

pub use complete::{Completion, complete, quote};
pub use field::{Field, Kind};
pub use fields::FIELDS;
pub use sql::{Compiled, Param, Rows};

use self::{
    lexer::{Lexed, TokenKind, lex},
    place::{Problem, Span},
    structure::{Node, structure},
    term::Term,
};
use crate::answer::{FilterCheck, FilterProblem, FilterToken};

/// Longest filter text, in bytes.
const MAX_TEXT_BYTES: usize = 16 * 1024;

/// A checked filter.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter {
    /// `None` matches everything.
    root: Option<Node<Term>>,
}

impl Filter {
    /// Whether it matches everything because nothing was written.
    pub fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    /// As a boolean SQL expression over the view `http_exchanges`; `true` for an empty filter.
    ///
    /// It may be NULL for a row that does not match, so use it under `WHERE` or `FILTER`, and negate it only after `coalesce`.
    pub fn to_sql(&self) -> Compiled {
        self.over(Rows::Exchanges)
    }

    /// As [`Filter::to_sql`], over `raw.named_flows`: flows that match themselves or by one of their exchanges. Terms side by side
    /// that only exchanges have must hold of the same exchange; under `NOT` no exchange of the flow may match.
    pub fn to_flow_sql(&self) -> Compiled {
        self.over(Rows::Flows)
    }

    fn over(&self, rows: Rows) -> Compiled {
        let mut out = Compiled::default();
        match &self.root {
            Some(root) => sql::write(root, rows, &mut out),
            None => out.push("true"),
        }
        out
    }

    /// Names of the fields it reads, each once, in order of appearance.
    pub fn fields(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        if let Some(root) = &self.root {
            root.each(&mut |term| {
                if let Term::Field { field, .. } = term
                    && !names.contains(&field.name)
                {
                    names.push(field.name);
                }
            });
        }
        names
    }
}

/// Reads a filter text.
///
/// # Errors
/// The first problem from the left that keeps it from being a filter, with its place in UTF-16 units.
pub fn parse(text: &str) -> Result<Filter, FilterProblem> {
    let mut lexed = lex(text);
    checked(text, &mut lexed).map_err(|problem| problem.in_utf16(text))
}

/// Reads a filter text for drawing: its tokens, and what is wrong with it.
pub fn check(text: &str) -> FilterCheck {
    let mut lexed = lex(text);
    let problem = checked(text, &mut lexed).err().map(|problem| problem.in_utf16(text));
    let tokens = lexed.marks.iter().map(|(span, role)| {
        let (start, end) = span.utf16(text);
        FilterToken { start, end, role: role.name().to_owned() }
    });
    FilterCheck { ok: problem.is_none(), problem, tokens: tokens.collect() }
}

fn checked(text: &str, lexed: &mut Lexed) -> Result<Filter, Problem> {
    let whole = Span::new(0, text.len());
    if text.len() > MAX_TEXT_BYTES {
        return Err(Problem::new(whole, format!("a filter has at most {MAX_TEXT_BYTES} bytes")));
    }
    if let Some(problem) = lexed.problem.take() {
        return Err(problem);
    }
    let terms = lexed.tokens.iter().filter_map(|token| match &token.kind {
        TokenKind::Term(raw) => Some((raw, token.span)),
        _ => None,
    });
    // Terms before structure: a wrong name matters more than a parenthesis that is still open while typing.
    let terms = terms.map(|(raw, span)| term::check(text, raw, span)).collect::<Result<Vec<_>, _>>()?;
    let root = structure(&lexed.tokens, whole)?
        .map(|node| {
            node.try_map(&mut |index| {
                terms.get(index).cloned().ok_or_else(|| Problem::new(whole, "this filter cannot be understood"))
            })
        })
        .transpose()?;
    Ok(Filter { root })
}
