//! Users' SQL: reading only, one statement, no file but the recording.
//!
//! Three fences, each enough for most mischief: the first word must be one that reads, the transaction is read-only, and
//! the instance may not touch files or the network and keeps its settings (see `open.rs`).

use wirereel_query::answer::SqlResult;

use super::{Reader, json};
use crate::error::{Result, StoreError};

/// First words of statements that read.
const READING: [&str; 13] = [
    "SELECT",
    "WITH",
    "FROM",
    "VALUES",
    "TABLE",
    "DESCRIBE",
    "DESC",
    "SHOW",
    "SUMMARIZE",
    "EXPLAIN",
    "PIVOT",
    "UNPIVOT",
    "(",
];

impl Reader {
    /// Rows of a user's query, at most `limit`.
    ///
    /// # Errors
    /// `BadSql` with DuckDB's message, which points at the place, or for anything that is not one reading statement.
    pub fn sql(&self, query: &str, limit: usize) -> Result<SqlResult> {
        let statement = single_statement(query)?;
        self.proceed()?;
        self.connection().execute_batch("BEGIN TRANSACTION READ ONLY")?;
        let result = self.run(statement, limit);
        // A read-only transaction has nothing to keep; after an error DuckDB has ended it already.
        let _ = self.connection().execute_batch("ROLLBACK");
        result
    }

    fn run(&self, statement: &str, limit: usize) -> Result<SqlResult> {
        let mut prepared = self.connection().prepare(statement).map_err(bad_sql)?;
        let mut rows = prepared.query([]).map_err(bad_sql)?;
        let columns: Vec<String> = rows.as_ref().map(|statement| statement.column_names()).unwrap_or_default();
        let mut result = SqlResult { rows: Vec::new(), truncated: false, columns };
        while let Some(row) = rows.next().map_err(bad_sql)? {
            if result.rows.len() == limit {
                result.truncated = true;
                break;
            }
            let values = (0..result.columns.len()).map(|index| Ok(json::value(row.get_ref(index)?.to_owned())));
            result.rows.push(values.collect::<duckdb::Result<_>>()?);
        }
        self.proceed()?;
        Ok(result)
    }
}

fn bad_sql(error: duckdb::Error) -> StoreError {
    match StoreError::from(error) {
        StoreError::Duck(duckdb::Error::DuckDBFailure(_, Some(message))) => StoreError::BadSql(message),
        StoreError::Duck(other) => StoreError::BadSql(other.to_string()),
        other => other,
    }
}

/// The text without a final semicolon, if it is one statement that reads.
fn single_statement(query: &str) -> Result<&str> {
    let mut end = None;
    for (position, token) in tokens(query) {
        match (token, end) {
            (";", None) => end = Some(position),
            (";", Some(_)) => {}
            (_, Some(_)) => return Err(StoreError::BadSql("only one statement at a time".into())),
            (_, None) => {}
        }
    }
    let statement = &query[..end.unwrap_or(query.len())];
    let first = tokens(statement).next().map(|(_, token)| token.to_ascii_uppercase());
    match first {
        None => Err(StoreError::BadSql("there is no statement".into())),
        Some(word) if READING.contains(&word.as_str()) => Ok(statement),
        Some(word) => Err(StoreError::BadSql(format!("{word} is not allowed: the recording can only be read"))),
    }
}

/// Words, quoted texts and single signs, with their positions; comments and blanks are left out.
fn tokens(sql: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut position = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = &sql[position..];
            let first = rest.chars().next()?;
            let start = position;
            let length = token_length(rest, first);
            position += length;
            if !first.is_whitespace() && !rest.starts_with("--") && !rest.starts_with("/*") {
                return Some((start, &sql[start..position]));
            }
        }
    })
}

/// The length of the token that text begins with, by the rules of DuckDB's (PostgreSQL's) lexer: whatever it takes for a
/// quoted text or a comment must be one here too, or a statement could hide in it.
fn token_length(rest: &str, first: char) -> usize {
    let through = |from: usize, end: &str| rest[from..].find(end).map_or(rest.len(), |at| from + at + end.len());
    if rest.starts_with("--") {
        return through(2, "\n");
    }
    if rest.starts_with("/*") {
        return comment_length(rest);
    }
    if rest.starts_with("e'") || rest.starts_with("E'") {
        return escaped_text_length(rest);
    }
    match first {
        // A doubled quote begins the next token, which is as good: nothing between can be a semicolon of ours.
        '\'' | '"' => through(1, &rest[..1]),
        '$' => dollar_tag(rest).map_or(1, |tag| through(tag.len(), tag)),
        // A name may hold a dollar sign, a number may not: `$1$a$` is a parameter and the start of a quoted text.
        _ if first.is_ascii_digit() => rest.find(|c: char| !is_word(c)).unwrap_or(rest.len()),
        _ if is_word(first) => rest.find(|c: char| !(is_word(c) || c == '$')).unwrap_or(rest.len()),
        _ => first.len_utf8(),
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || (!c.is_ascii() && !c.is_whitespace())
}

/// `/* … */`, which may hold others.
fn comment_length(rest: &str) -> usize {
    let mut depth = 0_u32;
    let mut position = 0;
    while let Some(at) = rest[position..].find(['/', '*']) {
        position += at;
        if rest[position..].starts_with("/*") {
            depth += 1;
            position += 2;
        } else if rest[position..].starts_with("*/") {
            depth -= 1;
            position += 2;
            if depth == 0 {
                return position;
            }
        } else {
            position += 1;
        }
    }
    rest.len()
}

/// `E'…'`, in which a backslash takes the next sign's meaning away.
fn escaped_text_length(rest: &str) -> usize {
    let mut escaped = false;
    for (position, sign) in rest.char_indices().skip(2) {
        match sign {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\'' => return position + 1,
            _ => {}
        }
    }
    rest.len()
}

/// `$tag$` or `$$` at the beginning of a text; a tag begins with no digit.
fn dollar_tag(rest: &str) -> Option<&str> {
    let end = 1 + rest[1..].find('$')?;
    let tag = &rest[1..end];
    (tag.chars().all(is_word) && !tag.starts_with(|c: char| c.is_ascii_digit())).then(|| &rest[..=end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_reading_statement_is_let_through() {
        for query in [
            "SELECT 1",
            "  -- why\n with a as (select ';') from a;",
            "/* ; */ FROM flows; ;",
            "select $$;$$ ;",
            "(select 1)",
        ] {
            assert!(single_statement(query).is_ok(), "{query}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_the_reason() {
        let refused = |query: &str| single_statement(query).unwrap_err().to_string();
        assert_eq!(refused("DROP TABLE raw.flows"), "DROP is not allowed: the recording can only be read");
        assert_eq!(refused("SELECT 1; DROP TABLE raw.flows"), "only one statement at a time");
        assert_eq!(refused("SELECT $a$ $a$; DELETE FROM x"), "only one statement at a time");
        assert_eq!(refused(" -- nothing"), "there is no statement");
    }

    #[test]
    fn no_statement_hides_in_what_only_looks_quoted() {
        let hiding = [
            "SELECT E'\\''; COMMIT; --'",
            "/* /* */ ' */ SELECT 1; COMMIT; -- '",
            "SELECT 1 a$b$; COMMIT; SELECT $b$ $b$",
            "SELECT 1 €$b$; COMMIT; SELECT $b$ $b$",
            "SELECT $1$a$ $a$; COMMIT; SELECT $1$a$ $a$",
        ];
        for query in hiding {
            assert!(single_statement(query).is_err(), "{query}");
        }
    }
}
