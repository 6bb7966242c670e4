//! The fields a filter may name: what they mean, which columns they read and what values they take.

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
    pub kind: Kind,
    pub example: &'static str,
    /// What it is, in a few words.
    pub help: &'static str,
    /// Values worth suggesting without asking the recording.
    pub values: &'static [&'static str],
    /// Whether an exchange may lack it, so that `none` finds some.
    pub optional: bool,
}

const fn field(
    name: &'static str,
    columns: &'static [&'static str],
    kind: Kind,
    example: &'static str,
    help: &'static str,
) -> Field {
    Field { name, aliases: &[], columns, kind, example, help, values: &[], optional: true }
}

impl Field {
    const fn alias(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    const fn values(self, values: &'static [&'static str]) -> Self {
        Self { values, ..self }
    }

    const fn always(self) -> Self {
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

const PORT: Kind = Kind::Number { least: 0, most: 65_535 };

/// Every field, in the order in which they are suggested.
pub static FIELDS: &[Field] = &[
    field("service", &["client_service", "server_service"], Kind::Name, "service:cart", "calls or is called").always(),
    field("client", &["client_service"], Kind::Name, "client:api-gateway", "service that asks")
        .alias(&["client_service"])
        .always(),
    field("server", &["server_service"], Kind::Name, "server:payment", "service that answers")
        .alias(&["server_service"])
        .always(),
    field("status", &["status"], Kind::Status, "status:>=400,none", "HTTP status; none: no response")
        .values(&["2xx", "3xx", "4xx", "5xx"]),
    field("method", &["method"], Kind::Folded, "method:POST", "request method")
        .values(&["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]),
    field("path", &["path"], Kind::Name, "path:/api/*", "path without query"),
    field("target", &["target"], Kind::Name, "target:*q=shoes*", "path with query, as sent"),
    field("host", &["host"], Kind::Folded, "host:shop.example", "Host header"),
    field("duration", &["duration_us"], Kind::Duration, "duration:>250ms", "first byte asked to last byte answered"),
    field("ttfb", &["ttfb_us"], Kind::Duration, "ttfb:>=1s", "time to first byte of the response"),
    field("error", &["error"], Kind::Words, "error:reset", "why it is not complete"),
    field("complete", &["complete"], Kind::Flag, "complete:false", "both messages seen to their end")
        .values(&["true", "false"])
        .always(),
    field("protocol", &["protocol"], Kind::Folded, "protocol:http/1.1", "what it was spoken in")
        .values(&["http/1.0", "http/1.1", "h2", "grpc", "websocket"])
        .always(),
    field("identity", &["identity"], Kind::Name, "identity:anna", "login or JWT subject"),
    field("identity_kind", &["identity_kind"], Kind::Folded, "identity_kind:jwt", "where the identity was read")
        .values(&["basic", "jwt"]),
    field(
        "origin_ip",
        &["origin_ip"],
        Kind::Address,
        "origin_ip:192.0.2.0/24",
        "first address of X-Forwarded-For, else the client",
    )
    .alias(&["origin"]),
    field("ip", &["client_ip", "server_ip"], Kind::Address, "ip:10.0.0.7", "address of either side").always(),
    field("client_ip", &["client_ip"], Kind::Address, "client_ip:10.0.0.0/8", "address that asks").always(),
    field("server_ip", &["server_ip"], Kind::Address, "server_ip:10.0.0.7", "address that answers").always(),
    field("port", &["client_port", "server_port"], PORT, "port:8080", "port of either side").always(),
    field("client_port", &["client_port"], PORT, "client_port:>=32768", "port that asks").always(),
    field("server_port", &["server_port"], PORT, "server_port:443", "port that answers").always(),
    field(
        "request_bytes",
        &["request_body_bytes"],
        Kind::Size,
        "request_bytes:>0",
        "size of the request's body, as sent",
    )
    .alias(&["request_body_bytes"])
    .always(),
    field(
        "response_bytes",
        &["response_body_bytes"],
        Kind::Size,
        "response_bytes:>10kB",
        "size of the response's body, as sent",
    )
    .alias(&["response_body_bytes"])
    .always(),
    field("content_type", &["content_type"], Kind::Words, "content_type:json", "of the response"),
    field("user_agent", &["user_agent"], Kind::Words, "user_agent:curl", "what the client says it is"),
    field("trace_id", &["trace_id"], Kind::Folded, "trace_id:4bf92f35*", "W3C trace id").alias(&["trace"]),
    field("grpc_status", &["grpc_status"], Kind::Number { least: 0, most: 16 }, "grpc_status:>0", "gRPC status code"),
    field("flow_id", &["flow_id"], Kind::Number { least: 0, most: i64::MAX }, "flow_id:12", "number of the connection")
        .alias(&["flow"])
        .always(),
];

#[cfg(test)]
mod tests {
    use super::{FIELDS, Field};

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
