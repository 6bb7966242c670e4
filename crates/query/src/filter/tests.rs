//! Filter texts with the SQL or the problem they give.

use proptest::prelude::*;

use super::{Param, check, parse};

/// The SQL with its parameters in place, for comparing.
fn sql(text: &str) -> String {
    told(parse(text).unwrap_or_else(|problem| panic!("{text}: {problem:?}")).to_sql())
}

/// The same over flows.
fn flow_sql(text: &str) -> String {
    told(parse(text).unwrap_or_else(|problem| panic!("{text}: {problem:?}")).to_flow_sql())
}

fn told(compiled: super::Compiled) -> String {
    let mut parts = compiled.sql.split('?');
    let mut told = parts.next().unwrap().to_owned();
    let mut params = compiled.params.iter();
    for part in parts {
        told += &params.next().unwrap().to_string();
        told += part;
    }
    assert_eq!(params.next(), None);
    told
}

#[test]
fn texts_become_sql() {
    for (text, expected) in [
        ("", "true"),
        ("   ", "true"),
        ("status:500", "status = 500"),
        ("status:>=400", "status >= 400"),
        ("status:<200", "status < 200"),
        ("status:>=400,none", "(status >= 400 OR status IS NULL)"),
        ("status:200,404,none", "(status IN (200, 404) OR status IS NULL)"),
        ("status:5xx", "(status >= 500 AND status <= 599)"),
        ("status:[400 TO 499]", "(status >= 400 AND status <= 499)"),
        ("status:{400 TO *]", "status > 400"),
        ("status:*", "status IS NOT NULL"),
        ("-status:500", "NOT coalesce(status = 500, false)"),
        ("status:none", "status IS NULL"),
        ("service:cart", "(client_service = 'cart' OR server_service = 'cart')"),
        ("client:cart,order", "client_service IN ('cart', 'order')"),
        ("path:/api/*", "starts_with(path, '/api/')"),
        ("path:*.js", "ends_with(path, '.js')"),
        ("path:*cart*", "contains(path, 'cart')"),
        ("path:/a_b/*/c%d", "path LIKE '/a\\_b/%/c\\%d' ESCAPE '\\'"),
        ("path:\"/a b/*\"", "path = '/a b/*'"),
        ("path:/a\\*b", "path = '/a*b'"),
        ("path:/x(1)", "path = '/x(1)'"),
        ("target:/search?q=a:b&c=>=1", "target = '/search?q=a:b&c=>=1'"),
        ("host:Localhost:8080", "lower(host) = 'localhost:8080'"),
        ("method:post,put", "lower(method) IN ('post', 'put')"),
        ("duration:>250ms", "duration_us > 250000"),
        ("ttfb:>=1s", "ttfb_us >= 1000000"),
        ("ttfb:[100ms TO 1.5s}", "(ttfb_us >= 100000 AND ttfb_us < 1500000)"),
        ("response_bytes:>10kB", "response_body_bytes > 10000"),
        ("complete:false", "NOT complete"),
        ("COMPLETE:Yes", "complete"),
        ("user_agent:Mozilla", "contains(lower(user_agent), 'mozilla')"),
        ("client_ip:10.0.0.0/8", "(starts_with(client_ip, '10.'))"),
        ("ip:0:0:0:0:0:0:0:1", "(client_ip = '::1' OR server_ip = '::1')"),
        ("ip:10.0.*", "(starts_with(client_ip, '10.0.') OR starts_with(server_ip, '10.0.'))"),
        ("origin:none", "origin_ip IS NULL"),
        ("flow:12", "flow_id = 12"),
        ("port:8080", "(client_port = 8080 OR server_port = 8080)"),
        ("identity:\"none\"", "identity = 'none'"),
        (
            "method:GET (status:500 OR -complete:true)",
            "(lower(method) = 'get' AND (status = 500 OR NOT coalesce(complete, false)))",
        ),
        ("identity:o'neill", "identity = 'o''neill'"),
    ] {
        assert_eq!(sql(text), expected, "{text}");
    }
}

#[test]
fn over_flows_a_term_is_about_the_flow_or_about_one_of_its_exchanges() {
    let exchange = |term: &str| format!("flow_id IN (SELECT flow_id FROM raw.exchanges WHERE {term})");
    for (text, expected) in [
        ("", "true".to_owned()),
        ("server:cart", "server_service = 'cart'".into()),
        ("duration:>1s", "duration_us > 1000000".into()),
        ("bytes:>1kB", "bytes > 1000".into()),
        ("close:rst,idle", "lower(close_reason) IN ('rst', 'idle')".into()),
        ("handshake:none", "lower(handshake) = 'none'".into()),
        ("status:500", exchange("status = 500")),
        ("method:GET status:500", exchange("(lower(method) = 'get' AND status = 500)")),
        ("method:GET OR status:500", exchange("(lower(method) = 'get' OR status = 500)")),
        ("status:500 port:80", format!("((client_port = 80 OR server_port = 80) AND {})", exchange("status = 500"))),
        ("-status:500", format!("NOT coalesce({}, false)", exchange("status = 500"))),
        ("host:shop", format!("(lower(server_name) = 'shop' OR {})", exchange("lower(host) = 'shop'"))),
        ("sni:shop", "flow_id IN (SELECT flow_id FROM raw.tls_handshakes WHERE lower(sni) = 'shop')".into()),
        ("encrypted:true", "encrypted".into()),
    ] {
        assert_eq!(flow_sql(text), expected, "{text}");
    }
    assert!(flow_sql("cart").contains("contains(lower(client_ip), 'cart')"));
    assert!(flow_sql("cart").contains("SELECT flow_id FROM raw.exchanges"));
}

#[test]
fn over_exchanges_what_only_flows_have_is_asked_of_their_flow() {
    for (text, expected) in [
        ("transport:tcp", "flow_id IN (SELECT flow_id FROM raw.named_flows WHERE lower(transport) = 'tcp')"),
        ("-rtt:>10ms", "NOT coalesce(flow_id IN (SELECT flow_id FROM raw.named_flows WHERE rtt_us > 10000), false)"),
        ("ja4:none", "flow_id IN (SELECT flow_id FROM raw.tls_handshakes WHERE ja4 IS NULL)"),
        ("history:*T*", "flow_id IN (SELECT flow_id FROM raw.named_flows WHERE contains(history, 'T'))"),
    ] {
        assert_eq!(sql(text), expected, "{text}");
    }
}

#[test]
fn text_without_a_field_is_searched_for_in_what_identifies_an_exchange() {
    let each = |test: &dyn Fn(&str) -> String| {
        ["target", "host", "method", "client_service", "server_service"].map(test).join(" OR ")
    };
    let contains = |text: &str| format!("({})", each(&|column| format!("contains(lower({column}), '{text}')")));
    assert_eq!(sql("Cart"), contains("cart"));
    assert_eq!(sql("http://x.y:80/z"), contains("http://x.y:80/z"));
    assert_eq!(sql("fe80::1"), contains("fe80::1"));
    assert_eq!(sql("\"a:b c\""), contains("a:b c"));
    assert_eq!(sql("a,b"), contains("a,b"));
    assert_eq!(sql("and"), contains("and"));
    assert_eq!(sql("a*b"), format!("({})", each(&|column| format!("lower({column}) LIKE '%a%b%' ESCAPE '\\'"))));
}

#[test]
fn problems_point_at_their_place() {
    for (text, start, end, message) in [
        ("statsu:500", 0, 6, "there is no field statsu: did you mean status?"),
        ("localhost:8080", 0, 9, "there is no field localhost: to search for the text, quote it: \"localhost:8080\""),
        ("a 🙂 statsu:500", 5, 11, "there is no field statsu: did you mean status?"),
        (
            "host:müller status:abc",
            19,
            22,
            "status takes a number from 100 to 599, a class such as 5xx, >=400 or [400 TO 499], or none, not \"abc\"",
        ),
        (
            "status:200,1000",
            11,
            15,
            "status takes a number from 100 to 599, a class such as 5xx, >=400 or [400 TO 499], or none, not \"1000\"",
        ),
        (
            "duration:>250",
            9,
            13,
            "duration takes a time with its unit (us, ms, s, m, h) such as >250ms or [1s TO 2s], or none, not \"250\"",
        ),
        ("path:>5", 5, 7, "path takes text, with * for any characters, or none, not a comparison"),
        ("service:[a TO b]", 8, 16, "service takes text, with * for any characters, not a range"),
        ("port:80*", 5, 8, "port takes a number from 0 to 65535, >=10 or [10 TO 20], not a wildcard"),
        ("complete:maybe", 9, 14, "complete takes true or false, not \"maybe\""),
        (
            "ip:10.0.0.0/40",
            3,
            14,
            "ip takes an address, a network such as 10.0.0.0/8, or text with *, not \"10.0.0.0/40\"",
        ),
        (
            "ip:2001:0:1::/44",
            3,
            16,
            "an IPv6 network that ends inside of a part can only be searched for when every part before is other than zero",
        ),
        ("service:", 0, 8, "a value is missing: service takes text, with * for any characters"),
        (
            "status:200,",
            0,
            11,
            "a value is missing: status takes a number from 100 to 599, a class such as 5xx, >=400 or [400 TO 499], or none",
        ),
        (
            "status:>=",
            7,
            9,
            "a value is missing: status takes a number from 100 to 599, a class such as 5xx, >=400 or [400 TO 499], or none",
        ),
        ("status:[400 499]", 7, 16, "a range looks like [400 TO 499], with * for no bound"),
        ("status:[400 TO", 7, 14, "this range is never closed: write it as [400 TO 499]"),
        ("é \"abc", 2, 6, "this quotation mark is never closed"),
        ("*", 0, 1, "nothing to search for: write some text, or field:value"),
        ("🙂 (a", 3, 4, "this parenthesis is never closed"),
    ] {
        let problem = parse(text).unwrap_err();
        assert_eq!((problem.start, problem.end, &*problem.message), (start, end, message), "{text}");
    }
}

#[test]
fn tokens_are_given_even_for_a_wrong_text() {
    let told = |text: &str| {
        let units: Vec<u16> = text.encode_utf16().collect();
        let piece = |start, end| String::from_utf16(&units[start as usize..end as usize]).unwrap();
        let tokens = check(text).tokens;
        tokens.iter().map(|token| format!("{} {}", token.role, piece(token.start, token.end))).collect::<Vec<_>>()
    };
    assert_eq!(
        told("🙂 -status:>=400,none OR (xx:1)"),
        [
            "text 🙂",
            "operator -",
            "field status:",
            "operator >=",
            "value 400",
            "operator ,",
            "value none",
            "operator OR",
            "operator (",
            "field xx:",
            "value 1",
            "operator )",
        ]
    );
    assert!(!check("xx:1").ok);
    assert!(check("status:500").ok);
}

#[test]
fn fields_are_told_once_each() {
    assert_eq!(parse("status:1xx OR (trace:ab* status:none) x").unwrap().fields(), ["status", "trace_id"]);
}

#[test]
fn user_text_never_reaches_the_sql() {
    let compiled = parse("path:x';DROP*TABLE host:\"x'--\" ident'--").unwrap().to_sql();
    assert!(!compiled.sql.contains("DROP") && !compiled.sql.contains("--"), "{}", compiled.sql);
    assert_eq!(compiled.params[0], Param::Text("x';DROP%TABLE".into()));
}

#[test]
fn a_text_too_long_is_refused() {
    assert!(parse(&"a".repeat(20_000)).unwrap_err().message.starts_with("a filter has at most"));
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "status",
            "path",
            "ip",
            "duration",
            ":",
            ":>=",
            ":<",
            "400",
            "none",
            "*",
            ",",
            "(",
            ")",
            " ",
            " ",
            "-",
            "AND ",
            "OR ",
            "NOT ",
            "\"",
            "'",
            "\\",
            "[",
            "{",
            "]",
            "}",
            " TO ",
            "/",
            "10.0.0.0/9",
            "fe80::/10",
            "250ms",
            "🙂",
            "é",
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_gives_a_filter_or_a_place_inside_it(text in pieces()) {
        let length = text.encode_utf16().count() as u32;
        match parse(&text) {
            Ok(filter) => {
                let compiled = filter.to_sql();
                prop_assert_eq!(compiled.sql.matches('?').count(), compiled.params.len());
            }
            Err(problem) => prop_assert!(problem.start <= problem.end && problem.end <= length),
        }
        let mut last = 0;
        for token in check(&text).tokens {
            prop_assert!(last <= token.start && token.start < token.end && token.end <= length);
            last = token.end;
        }
        for cursor in 0..=length + 1 {
            super::complete(&text, cursor);
        }
    }
}
