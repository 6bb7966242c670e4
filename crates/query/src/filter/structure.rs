//! How terms hang together: `AND`, `OR`, `NOT`, parentheses.
//!
//! The syntax is Lucene's, and its boolean part is parsed by `tantivy-query-grammar`. The terms themselves are not: that
//! grammar reads `path:/api/*` as a regular expression, takes a second colon in a value for an error, and its tree has no
//! places to point an error at. So the lexer cuts the terms out and the grammar gets the text with `t0`, `t1`, ... in
//! their place. Two terms side by side mean *and*, and bind looser than `OR` (`a OR b c` is `(a OR b) AND c`), which is
//! written out for it, because it would read `a OR b c OR d` as four alternatives.

use tantivy_query_grammar::{Occur, UserInputAst, UserInputLeaf, parse_query_lenient};

use super::{
    lexer::{Token, TokenKind},
    place::{Problem, Span},
};

/// Parentheses inside each other: far more than anyone writes, few enough for a parser that recurses.
const MAX_DEPTH: usize = 32;

/// Terms in one filter: far more than anyone writes; each adds to the SQL.
const MAX_TERMS: usize = 256;

/// The boolean structure over terms, which are given by their index.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node<T> {
    Term(T),
    All(Vec<Node<T>>),
    Any(Vec<Node<T>>),
    Not(Box<Node<T>>),
}

/// The structure of the tokens; `None` when there are none. Terms are counted from 0 in order of appearance.
pub(super) fn structure(tokens: &[Token], whole: Span) -> Result<Option<Node<usize>>, Problem> {
    if tokens.is_empty() {
        return Ok(None);
    }
    let skeleton = skeleton(tokens)?;
    let (tree, errors) = parse_query_lenient(&skeleton);
    let node = if errors.is_empty() { node_of(&tree) } else { None };
    // The skeleton is well-formed by construction, so this is a guard against a changed grammar.
    node.map(Some).ok_or_else(|| Problem::new(whole, "this filter cannot be understood"))
}

/// Checks that operators, operands and parentheses alternate as they should, and writes the text the grammar gets.
fn skeleton(tokens: &[Token]) -> Result<String, Problem> {
    let mut out = String::from("(");
    let mut opened: Vec<Span> = Vec::new();
    let mut terms = 0;
    // The operator that still waits for what follows it.
    let mut waiting: Option<Span> = None;
    let mut after_operand = false;
    for Token { kind, span } in tokens {
        let begins_operand = matches!(kind, TokenKind::Open | TokenKind::Not | TokenKind::Term(_));
        if begins_operand && after_operand {
            out.push_str(") AND (");
        }
        match kind {
            TokenKind::Open => {
                opened.push(*span);
                if opened.len() > MAX_DEPTH {
                    return Err(Problem::new(*span, format!("more than {MAX_DEPTH} parentheses inside each other")));
                }
                out.push_str("((");
            }
            TokenKind::Close => {
                let Some(open) = opened.pop() else {
                    return Err(Problem::new(*span, "this parenthesis was never opened"));
                };
                if let Some(operator) = waiting {
                    return Err(Problem::new(operator, "a term is missing after this"));
                }
                if !after_operand {
                    return Err(Problem::new(Span::new(open.start, span.end), "these parentheses are empty"));
                }
                out.push_str("))");
            }
            TokenKind::And | TokenKind::Or if !after_operand => {
                return Err(Problem::new(*span, "a term is missing before this"));
            }
            TokenKind::And => out.push_str(" AND "),
            TokenKind::Or => out.push_str(" OR "),
            TokenKind::Not => out.push_str("NOT "),
            TokenKind::Term(_) => {
                out.push_str(&format!("t{terms}"));
                terms += 1;
                if terms > MAX_TERMS {
                    return Err(Problem::new(*span, format!("more than {MAX_TERMS} terms")));
                }
            }
        }
        after_operand = matches!(kind, TokenKind::Close | TokenKind::Term(_));
        waiting = matches!(kind, TokenKind::And | TokenKind::Or | TokenKind::Not).then_some(*span);
    }
    if let Some(operator) = waiting {
        return Err(Problem::new(operator, "a term is missing after this"));
    }
    if let Some(open) = opened.pop() {
        return Err(Problem::new(open, "this parenthesis is never closed"));
    }
    out.push(')');
    Ok(out)
}

/// The grammar's tree as a node: clauses that *must* all hold, and at least one of those that *should*.
fn node_of(tree: &UserInputAst) -> Option<Node<usize>> {
    match tree {
        UserInputAst::Leaf(leaf) => match &**leaf {
            UserInputLeaf::Literal(literal) => Some(Node::Term(literal.phrase.strip_prefix('t')?.parse().ok()?)),
            _ => None,
        },
        UserInputAst::Boost(..) => None,
        UserInputAst::Clause(clauses) => {
            let (mut all, mut any) = (Vec::new(), Vec::new());
            for (occur, clause) in clauses {
                let node = node_of(clause)?;
                match occur {
                    Some(Occur::Should) => any.push(node),
                    Some(Occur::MustNot) => all.push(Node::Not(Box::new(node))),
                    Some(Occur::Must) | None => all.push(node),
                }
            }
            if !any.is_empty() {
                all.push(joined(any, Node::Any)?);
            }
            joined(all, Node::All)
        }
    }
}

/// The nodes under `join`, or the only one by itself.
fn joined(mut nodes: Vec<Node<usize>>, join: fn(Vec<Node<usize>>) -> Node<usize>) -> Option<Node<usize>> {
    if nodes.len() > 1 { Some(join(nodes)) } else { nodes.pop() }
}

impl<T> Node<T> {
    /// The same structure over other terms; the first error ends it.
    pub(super) fn try_map<U, E>(self, change: &mut impl FnMut(T) -> Result<U, E>) -> Result<Node<U>, E> {
        let mut each =
            |nodes: Vec<Self>| nodes.into_iter().map(|node| node.try_map(change)).collect::<Result<Vec<_>, E>>();
        Ok(match self {
            Self::All(nodes) => Node::All(each(nodes)?),
            Self::Any(nodes) => Node::Any(each(nodes)?),
            Self::Not(node) => Node::Not(Box::new(node.try_map(change)?)),
            Self::Term(term) => Node::Term(change(term)?),
        })
    }

    /// Calls `visit` for every term.
    pub(super) fn each(&self, visit: &mut impl FnMut(&T)) {
        match self {
            Self::Term(term) => visit(term),
            Self::Not(node) => node.each(visit),
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().for_each(|node| node.each(visit)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::lexer::lex, *};

    fn told(text: &str) -> String {
        fn tell(node: &Node<usize>) -> String {
            let join =
                |nodes: &[Node<usize>], with| format!("({})", nodes.iter().map(tell).collect::<Vec<_>>().join(with));
            match node {
                Node::Term(term) => ["a", "b", "c", "d", "e"][*term].to_owned(),
                Node::All(nodes) => join(nodes, " & "),
                Node::Any(nodes) => join(nodes, " | "),
                Node::Not(node) => format!("!{}", tell(node)),
            }
        }
        structure(&lex(text).tokens, Span::new(0, text.len())).unwrap().map_or_else(String::new, |node| tell(&node))
    }

    #[test]
    fn and_binds_tighter_than_or_and_side_by_side_loosest() {
        for (text, expected) in [
            ("", ""),
            ("a", "a"),
            ("a b c", "((a & b) & c)"),
            ("a AND b OR c", "((a & b) | c)"),
            ("a OR b AND c", "(a | (b & c))"),
            ("a OR b c OR d", "((a | b) & (c | d))"),
            ("a b OR c d", "((a & (b | c)) & d)"),
            ("(a b) OR c", "((a & b) | c)"),
            ("a OR (b c OR d)", "(a | (b & (c | d)))"),
            ("-a", "!a"),
            ("-a -b", "(!a & !b)"),
            ("a -b OR c", "(a & (!b | c))"),
            ("a AND NOT b", "(a & !b)"),
            ("a OR -b", "(a | !b)"),
            ("NOT (a OR b) c", "(!(a | b) & c)"),
            ("- - a", "!!a"),
            ("((((a))))", "a"),
        ] {
            // The grammar may nest more than is needed: what it means is compared.
            let flat = |told: String| {
                told.replace("((a & b) & c)", "(a & b & c)").replace("((a & (b | c)) & d)", "(a & (b | c) & d)")
            };
            assert_eq!(flat(told(text)), flat(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_together_is_pointed_at() {
        for (text, place, message) in [
            ("a OR", 2..4, "a term is missing after this"),
            ("a AND OR b", 6..8, "a term is missing before this"),
            ("OR b", 0..2, "a term is missing before this"),
            ("a (b", 2..3, "this parenthesis is never closed"),
            ("a )b", 2..3, "this parenthesis was never opened"),
            ("a ( ) b", 2..5, "these parentheses are empty"),
            ("(a OR) b", 3..5, "a term is missing after this"),
            ("a -", 2..3, "a term is missing after this"),
            ("NOT AND a", 4..7, "a term is missing before this"),
        ] {
            let problem = structure(&lex(text).tokens, Span::new(0, text.len())).unwrap_err();
            assert_eq!((problem.span.start..problem.span.end, &*problem.message), (place, message), "{text}");
        }
    }

    #[test]
    fn depth_and_number_of_terms_are_bounded() {
        let deep = |depth: usize| "(".repeat(depth) + "a" + &")".repeat(depth);
        let whole = Span::new(0, 0);
        assert!(structure(&lex(&deep(MAX_DEPTH)).tokens, whole).is_ok());
        assert!(structure(&lex(&deep(MAX_DEPTH + 1)).tokens, whole).is_err());
        assert!(structure(&lex(&"a ".repeat(MAX_TERMS)).tokens, whole).is_ok());
        assert!(structure(&lex(&"a ".repeat(MAX_TERMS + 1)).tokens, whole).is_err());
    }
}
