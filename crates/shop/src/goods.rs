//! What the shop sells.

/// An article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Article {
    pub id: &'static str,
    pub name: &'static str,
    pub cents: u32,
}

const fn article(id: &'static str, name: &'static str, cents: u32) -> Article {
    Article { id, name, cents }
}

/// The ordinary catalogue.
pub const ARTICLES: [Article; 12] = [
    article("p-101", "Walnut desk lamp", 8900),
    article("p-102", "Linen armchair", 42900),
    article("p-103", "Oak side table", 15900),
    article("p-104", "Wool throw", 7900),
    article("p-105", "Café au lait set", 3900),
    article("p-106", "Brass floor lamp", 18900),
    article("p-107", "Rattan basket", 4500),
    article("p-108", "Ceramic vase", 5200),
    article("p-109", "Cork board", 2400),
    article("p-110", "Felt slippers", 2900),
    article("p-111", "Glass carafe", 3300),
    article("p-112", "Beech stool", 9900),
];

/// Sold in flash sales, in small numbers.
pub const BARGAINS: [Article; 3] = [
    article("f-1", "Desk lamp, display piece", 2900),
    article("f-2", "Armchair, last season", 14900),
    article("f-3", "Side table, second choice", 4900),
];

/// How many of each bargain there are.
pub const BARGAINS_EACH: i64 = 40;

/// An article or bargain by id.
pub fn find(id: &str) -> Option<&'static Article> {
    ARTICLES.iter().chain(&BARGAINS).find(|a| a.id == id)
}
