//! Filter text to tokens with their places. Never fails: what cannot be read becomes a problem beside the tokens.

use super::{
    field::Field,
    place::{Problem, Span},
};

/// A piece of the boolean structure.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    Open,
    Close,
    And,
    Or,
    /// `NOT`, or `-` before a term.
    Not,
    Term(RawTerm),
}

/// A term as written, not yet checked against the fields.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RawTerm {
    /// The part before the colon.
    pub(super) field: Option<Span>,
    /// At least one; a missing one is an empty word.
    pub(super) values: Vec<RawValue>,
}

/// One value of a comma list.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RawValue {
    pub(super) shape: Shape,
    pub(super) span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    Word { compare: Option<Compare>, word: Word },
    Range { lower: Bound, upper: Bound },
}

/// Text between delimiters.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Word {
    /// The text between unescaped `*`; one piece when there is none.
    pub(super) pieces: Vec<String>,
    pub(super) quoted: bool,
}

impl Word {
    /// The whole text when it has no wildcard.
    pub(super) fn exact(&self) -> Option<&str> {
        match &self.pieces[..] {
            [only] => Some(only),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compare {
    AtLeast,
    AtMost,
    Above,
    Below,
}

/// An end of a range; `text` is `None` for `*`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bound {
    pub(super) text: Option<String>,
    pub(super) inclusive: bool,
}

/// What a piece of text is drawn as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Field,
    Value,
    Operator,
    Text,
}

impl Role {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Field => "field",
            Self::Value => "value",
            Self::Operator => "operator",
            Self::Text => "text",
        }
    }
}

/// A text in tokens.
#[derive(Debug, Default)]
pub(super) struct Lexed {
    pub(super) tokens: Vec<Token>,
    /// Pieces for drawing, in order.
    pub(super) marks: Vec<(Span, Role)>,
    /// The first thing that could not be read.
    pub(super) problem: Option<Problem>,
}

/// Cuts `text` into tokens.
pub(super) fn lex(text: &str) -> Lexed {
    let mut lexer = Lexer { text, at: 0, out: Lexed::default() };
    lexer.run();
    lexer.out
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    out: Lexed,
}

impl Lexer<'_> {
    fn run(&mut self) {
        loop {
            self.skip_space();
            let start = self.at;
            match self.peek() {
                None => return,
                Some('(') => self.operator(TokenKind::Open, start + 1),
                Some(')') => self.operator(TokenKind::Close, start + 1),
                Some('-') => self.operator(TokenKind::Not, start + 1),
                Some(_) => match self.keyword() {
                    Some((kind, end)) => self.operator(kind, end),
                    None => self.term(),
                },
            }
        }
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn operator(&mut self, kind: TokenKind, end: usize) {
        let span = Span::new(self.at, end);
        self.at = end;
        self.out.marks.push((span, Role::Operator));
        self.out.tokens.push(Token { kind, span });
    }

    fn problem(&mut self, span: Span, message: &str) {
        self.out.problem.get_or_insert_with(|| Problem::new(span, message));
    }

    /// `AND`, `OR` and `NOT` are operators in capitals only, so that they can be searched for in small letters.
    fn keyword(&self) -> Option<(TokenKind, usize)> {
        for (word, kind) in [("AND", TokenKind::And), ("OR", TokenKind::Or), ("NOT", TokenKind::Not)] {
            if let Some(after) = self.rest().strip_prefix(word)
                && after.chars().next().is_none_or(|c| c.is_whitespace() || c == '(' || c == ')')
            {
                return Some((kind, self.at + word.len()));
            }
        }
        None
    }

    fn term(&mut self) {
        let start = self.at;
        let field = self.field_name();
        let mut values = Vec::new();
        if let Some(name) = field {
            let colon = name.end + 1;
            self.out.marks.push((Span::new(start, colon), Role::Field));
            self.at = colon;
            loop {
                values.push(self.value());
                if self.peek() != Some(',') {
                    break;
                }
                self.out.marks.push((Span::new(self.at, self.at + 1), Role::Operator));
                self.at += 1;
            }
        } else {
            let word = self.word(false);
            let span = Span::new(start, self.at);
            self.out.marks.push((span, Role::Text));
            values.push(RawValue { shape: Shape::Word { compare: None, word }, span });
        }
        let kind = TokenKind::Term(RawTerm { field, values });
        self.out.tokens.push(Token { kind, span: Span::new(start, self.at) });
    }

    /// A field's name, when the term begins with one: letters, digits, `_`, `.` and `-` before a colon. `http://` and `fe80::1`
    /// begin with a field only if there is one of that name.
    fn field_name(&self) -> Option<Span> {
        let rest = self.rest();
        let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')))?;
        let (name, after) = (&rest[..length], rest[length..].strip_prefix(':')?);
        let word = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let text = after.starts_with("//") || after.starts_with(':');
        (word && (!text || Field::named(name).is_some())).then(|| Span::new(self.at, self.at + length))
    }

    /// One value after the colon or a comma.
    fn value(&mut self) -> RawValue {
        let start = self.at;
        if matches!(self.peek(), Some('[' | '{')) {
            return self.range();
        }
        let signs = [
            (">=", Some(Compare::AtLeast)),
            ("<=", Some(Compare::AtMost)),
            (">", Some(Compare::Above)),
            ("<", Some(Compare::Below)),
            ("=", None),
        ];
        let mut compare = None;
        if let Some((sign, found)) = signs.iter().find(|(sign, _)| self.rest().starts_with(sign)) {
            compare = *found;
            self.out.marks.push((Span::new(start, start + sign.len()), Role::Operator));
            self.at += sign.len();
        }
        let from = self.at;
        let word = self.word(true);
        if self.at > from {
            self.out.marks.push((Span::new(from, self.at), Role::Value));
        }
        RawValue { shape: Shape::Word { compare, word }, span: Span::new(start, self.at) }
    }

    /// Text up to white space or a closing parenthesis that it did not open; in a list also up to a comma. Quotation marks
    /// around it take away every special meaning; a backslash does so for one character.
    fn word(&mut self, in_list: bool) -> Word {
        match self.peek() {
            Some(mark @ ('"' | '\'')) => self.quoted(mark),
            _ => self.bare(in_list),
        }
    }

    fn quoted(&mut self, mark: char) -> Word {
        let start = self.at;
        let mut text = String::new();
        let mut chars = self.text[start + 1..].char_indices();
        while let Some((offset, c)) = chars.next() {
            match c {
                c if c == mark => {
                    self.at = start + 1 + offset + 1;
                    return Word { pieces: vec![text], quoted: true };
                }
                '\\' => text.extend(chars.next().map(|(_, next)| next)),
                c => text.push(c),
            }
        }
        self.at = self.text.len();
        self.problem(Span::new(start, self.at), "this quotation mark is never closed");
        Word { pieces: vec![text], quoted: true }
    }

    fn bare(&mut self, in_list: bool) -> Word {
        let mut pieces = vec![String::new()];
        let mut open = 0;
        let mut chars = self.text[self.at..].char_indices().peekable();
        let mut end = self.text.len();
        while let Some((offset, c)) = chars.next() {
            match c {
                ')' if open == 0 => {
                    end = self.at + offset;
                    break;
                }
                c if c.is_whitespace() || (in_list && c == ',') => {
                    end = self.at + offset;
                    break;
                }
                '*' => {
                    pieces.push(String::new());
                    continue;
                }
                '(' => open += 1,
                ')' => open -= 1,
                _ => {}
            }
            let escaped = chars.next_if(|(_, next)| c == '\\' && (next.is_whitespace() || next.is_ascii_punctuation()));
            // `pieces` begins with one and only grows.
            if let Some(last) = pieces.last_mut() {
                last.push(escaped.map_or(c, |(_, next)| next));
            }
        }
        self.at = end;
        Word { pieces, quoted: false }
    }

    /// `[400 TO 499]`: square brackets include the bound, curly ones do not, `*` is no bound.
    fn range(&mut self) -> RawValue {
        let start = self.at;
        let Some(length) = self.rest().find([']', '}']) else {
            let span = Span::new(start, self.text.len());
            self.at = span.end;
            self.problem(span, "this range is never closed: write it as [400 TO 499]");
            self.out.marks.push((span, Role::Value));
            let unbounded = Bound { text: None, inclusive: true };
            return RawValue { shape: Shape::Range { lower: unbounded.clone(), upper: unbounded }, span };
        };
        let span = Span::new(start, start + length + 1);
        self.at = span.end;
        self.out.marks.push((span, Role::Value));
        let whole = span.of(self.text);
        let inside = &whole[1..whole.len() - 1];
        let words: Vec<&str> = inside.split_whitespace().collect();
        let bound = |word: &str, inclusive| Bound { text: (word != "*").then(|| word.to_owned()), inclusive };
        let (lower, upper) = match words[..] {
            [lower, "TO", upper] => (lower, upper),
            _ => {
                self.problem(span, "a range looks like [400 TO 499], with * for no bound");
                ("*", "*")
            }
        };
        let lower = bound(lower, whole.starts_with('['));
        let upper = bound(upper, whole.ends_with(']'));
        RawValue { shape: Shape::Range { lower, upper }, span }
    }
}
