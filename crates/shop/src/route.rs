//! Routes: request paths with their ids folded, so that requests can be counted per route.

/// Folds ids: every path segment that holds an ASCII digit becomes `:id`; the query is left out.
///
/// The same in SQL: `regexp_replace(path, '/[^/]*[0-9][^/]*', '/:id', 'g')`.
pub fn fold(target: &str) -> String {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let folded = path.split('/').map(|s| if s.bytes().any(|b| b.is_ascii_digit()) { ":id" } else { s });
    folded.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_with_digits_become_ids_and_the_query_goes() {
        assert_eq!(fold("/products/p-104?full=1"), "/products/:id");
        assert_eq!(fold("/flash-sale/f-2/reserve"), "/flash-sale/:id/reserve");
        assert_eq!(fold("/search?q=lamp"), "/search");
        assert_eq!(fold("/"), "/");
    }
}
