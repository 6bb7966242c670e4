use proptest::prelude::*;

use super::*;
use crate::config::Method;

fn notes(imported: &Imported) -> Vec<String> {
    imported.notes.iter().map(ToString::to_string).collect()
}

fn written(website: &Website) -> String {
    serde_json::to_string(website).expect("written")
}

#[test]
fn text_is_a_url_a_line_with_or_without_a_name() {
    let list = import(
        Format::Text,
        "\u{feff}# shops\n\nhttps://a.test/#x\nThe Cart, https://cart.test/health # mine\nshop.test:8443\nnonsense\nhttps://a.test/#x\n",
    )
    .expect("readable");
    let found: Vec<_> = list.websites.iter().map(|site| (site.display_name(), site.url.as_str())).collect();
    assert_eq!(
        found,
        [
            ("https://a.test/#x", "https://a.test/#x"),
            ("The Cart", "https://cart.test/health"),
            ("https://shop.test:8443", "https://shop.test:8443"),
            ("https://a.test/#x (2)", "https://a.test/#x"),
        ]
    );
    let said = notes(&list);
    assert_eq!(said.len(), 3, "{said:?}");
    assert_eq!(said[0], "line 5: shop.test:8443 has no scheme, https:// is taken");
    assert!(said[1].starts_with("line 6: url: \"nonsense\" is not a URL") && list.notes[1].left_out, "{said:?}");
    assert!(said[2].starts_with("line 7: There is another one named"), "{said:?}");
}

#[test]
fn csv_has_settings_for_columns() {
    let list = import(
        Format::Csv,
        "Title;URL;Interval;Method;Status;Keyword;paused;Owner\n\
         Cart;https://cart.test;15;post;200 3xx;\"is; well\";TRUE;me\n\
         Shop;shop.test;5m;;;;;\n\
         Bad;https://b.test;soon;;20;;;\n\
         ;;;;;;;\n",
    )
    .expect("readable");
    assert_eq!(list.websites.len(), 3);
    assert_eq!(
        written(&list.websites[0]),
        r#"{"name":"Cart","url":"https://cart.test","interval":"15s","timeout":"10s","paused":true,"method":"POST""#
            .to_owned()
            + r#","redirects":10,"expect":{"status":[200,"300-399"],"body_contains":"is; well"},"body_limit_kib":1024}"#
    );
    assert_eq!(
        (list.websites[1].interval.to_string().as_str(), list.websites[2].interval.to_string().as_str()),
        ("5m", "30s")
    );
    let said = notes(&list);
    assert_eq!(said[0], "line 1: There is no setting for the column \"Owner\", so it is not taken over");
    assert!(said[2].starts_with("line 4: interval: \"soon\" is not a duration such as \"10s\""), "{said:?}");
    assert!(said[3].starts_with("line 4: expect.status[0]: \"20\" is not a status code"), "{said:?}");
    assert!(said[4].starts_with("line 5: url: nothing is not a URL"), "{said:?}");
    let bare = import(Format::Csv, "Cart,https://cart.test\nno url here\n").expect("readable");
    assert_eq!((bare.websites[0].name.as_str(), bare.notes.len()), ("Cart", 1));
}

#[test]
fn uptime_kuma_s_monitors_are_taken_over_as_far_as_they_can_be() {
    let export = r#"{ "version": "1.23.11", "notificationList": [{"id": 1}],
      "proxyList": [{ "id": 1, "protocol": "http", "host": "proxy.test", "port": 3128, "auth": true, "username": "u", "password": "p@" },
                    { "id": 2, "protocol": "socks5", "host": "proxy.test", "port": 1080 }],
      "monitorList": [
        { "id": 1, "name": "Shop", "type": "http", "url": "https://shop.test", "method": "GET", "interval": 60, "timeout": 48,
          "active": true, "maxredirects": 10, "accepted_statuscodes": ["200-299", "401"], "ignoreTls": true, "maxretries": 2,
          "headers": "{\"X-A\": \"b\"}", "basic_auth_user": "me", "basic_auth_pass": "secret", "authMethod": "basic", "proxyId": 1 },
        { "name": "Words", "type": "keyword", "url": "http://w.test", "keyword": "error", "invertKeyword": 1,
          "active": 0, "proxyId": 2, "interval": 20 },
        { "name": "Json", "type": "json-query", "url": "http://j.test", "jsonPath": "status.db", "expectedValue": "true", "interval": 20 },
        { "name": "Db", "type": "port", "hostname": "db.test", "port": 5432, "interval": 20 },
        { "name": "Ping", "type": "ping", "hostname": "::1", "interval": 20 },
        { "name": "Names", "type": "dns", "hostname": "shop.test", "dns_resolve_type": "MX",
          "dns_resolve_server": "1.1.1.1", "port": 53, "interval": 20 },
        { "name": "Beat", "type": "push", "interval": 20 }, { "name": "Box", "type": "docker" }, { "type": "http" }
      ] }"#;
    let list = import(Format::UptimeKuma, export).expect("readable");
    let all: Vec<String> = list.websites.iter().map(written).collect();
    assert_eq!(
        all[0],
        r#"{"name":"Shop","url":"https://me:secret@shop.test/","interval":"1m","timeout":"48s","method":"GET","#
            .to_owned()
            + r#""headers":{"X-A":"b"},"redirects":10,"expect":{"status":["200-299",401]},"tls":{"verify":false},"#
            + r#""proxy":"http://u:p%40@proxy.test:3128/","body_limit_kib":1024}"#
    );
    assert!(all[1].contains(r#""paused":true"#) && all[1].contains(r#""body_lacks":"error""#), "{}", all[1]);
    assert!(all[2].contains(r#""json":[{"path":"$.status.db","equals":true}]"#), "{}", all[2]);
    let urls: Vec<_> = list.websites[3..].iter().map(|site| site.url.as_str()).collect();
    assert_eq!(urls, ["tcp://db.test:5432", "icmp://[::1]", "dns://1.1.1.1/shop.test?type=MX"]);
    let left_out: Vec<_> = list.notes.iter().filter(|note| note.left_out).map(ToString::to_string).collect();
    assert_eq!(
        left_out,
        [
            "monitor \"Beat\": It waits to be called; here websites are called",
            "monitor \"Box\": Its kind is \"docker\", which cannot be checked here",
            "monitor 9: It has no URL",
        ]
    );
    let said = notes(&list);
    assert!(said.iter().any(|note| note.starts_with("monitor \"Shop\": Its retries are not taken over")), "{said:?}");
    assert!(said.iter().any(|note| note.starts_with("monitor \"Words\": Its proxy is no HTTP proxy")), "{said:?}");
    assert_eq!(said.last().map(String::as_str), Some("notificationList: Notifications are not taken over"));
}

#[test]
fn gatus_s_endpoints_and_conditions_are_taken_over_as_far_as_they_can_be() {
    let yaml = r#"
x-defaults: &defaults
  interval: 1m30s
alerting: { slack: { webhook-url: "https://hooks.test" } }
endpoints:
  - name: front-end
    group: core
    url: "https://shop.test/health"
    interval: 5m
    headers: { X-Count: 3 }
    client: { insecure: true, ignore-redirect: true, timeout: 1.5s, dns-resolver: "tcp://1.1.1.1:53", oauth2: {} }
    conditions:
      - "[STATUS] == any(200, 429)"
      - "[BODY].status == UP"
      - "[BODY].count == 3"
      - "has([BODY].name) == true"
      - "[RESPONSE_TIME] < 300"
      - "[CERTIFICATE_EXPIRATION] > 49h"
      - "len([BODY].items) > 0"
    alerts: [{ type: slack }]
  - name: pattern
    <<: *defaults
    url: http://p.test
    enabled: false
    conditions: ["[BODY] == pat(*well.*)", "[CONNECTED] == true"]
  - name: dns
    url: "8.8.8.8"
    dns: { query-name: shop.test, query-type: AAAA }
    conditions: ["[DNS_RCODE] == NOERROR"]
  - { name: shell, url: "ssh://host:22" }
  - { name: secret, url: "https://${HOST}/" }
"#;
    let list = import(Format::Gatus, yaml).expect("readable");
    let all: Vec<String> = list.websites.iter().map(written).collect();
    assert_eq!(
        all[0],
        r#"{"name":"core / front-end","url":"https://shop.test/health","interval":"5m","timeout":"1500ms","method":"GET","#.to_owned()
            + r#""headers":{"X-Count":"3"},"redirects":0,"expect":{"status":[200,429],"#
            + r#""json":[{"path":"$.status","equals":"UP"},{"path":"$.count","equals":3},{"path":"$.name"}],"#
            + r#""at_most":"300ms"},"tls":{"verify":false,"days_left":3},"resolver":"1.1.1.1:53","body_limit_kib":1024}"#
    );
    assert!(all[1].contains(r#""interval":"90s""#) && all[1].contains(r#""paused":true"#), "{}", all[1]);
    assert!(all[1].contains(r#""status":["100-999"],"body_matches":"(?s)^.*well\\..*$""#), "{}", all[1]);
    assert_eq!(
        (list.websites[2].url.as_str(), list.websites[2].interval.to_string().as_str()),
        ("dns://8.8.8.8/shop.test?type=AAAA", "1m")
    );
    assert_eq!(
        notes(&list),
        [
            "endpoint \"core / front-end\": The client's oauth2 is not taken over",
            "endpoint \"core / front-end\": The condition \"len([BODY].items) > 0\" is not taken over",
            "endpoint \"core / front-end\": Its alerts are not taken over",
            "endpoint \"shell\": ssh:// cannot be checked here",
            "endpoint \"secret\": Its url \"https://${HOST}/\" has a variable of the environment in it",
            "alerting: This part is not taken over",
        ]
    );
}

#[test]
fn what_is_no_such_list_says_so() {
    let error = |format, text| import(format, text).expect_err(text).to_string();
    assert!(error(Format::UptimeKuma, "monitors").starts_with("This is not JSON: "));
    assert_eq!(error(Format::UptimeKuma, "{}"), "There is no monitorList in it, so it is not an export of Uptime Kuma");
    assert!(error(Format::Gatus, "a: [").starts_with("This is not YAML: "));
    assert_eq!(
        error(Format::Gatus, "a: 1"),
        "There is no list of endpoints in it, so it is not a configuration of Gatus"
    );
    assert_eq!(import(Format::Text, &" ".repeat(MAX_BYTES + 1)), Err(ImportError::TooLarge));
    let bomb = format!(
        "a: &a [x,x,x,x,x,x,x,x,x]\n{}endpoints: []\n",
        (b'b'..=b'k')
            .map(|c| {
                let (this, before) = (c as char, (c - 1) as char);
                format!("{this}: &{this} [{}]\n", vec![format!("*{before}"); 9].join(","))
            })
            .collect::<String>()
    );
    assert!(error(Format::Gatus, &bomb).starts_with("This is not YAML: "), "aliases that multiply are refused");
}

#[test]
fn what_can_be_read_and_is_not_allowed_is_put_back_to_its_default() {
    let list = import(
        Format::Csv,
        "url,interval,redirects,tls.days_left,regex,resolver,proxy\n\
         http://a.test,1ms,99,9999,(,dns.google,\n\
         http://b.test,,,,,,socks5://p\n",
    )
    .expect("readable");
    assert_eq!(list.websites.len(), 1);
    let website = &list.websites[0];
    assert_eq!((website.interval.as_millis(), website.redirects, website.tls.days_left), (30_000, 10, None));
    assert_eq!((&website.expect.body_matches, &website.resolver, website.method), (&None, &None, Method::Get));
    assert!(website.problems().is_empty());
    let left_out: Vec<_> = list.notes.iter().filter(|note| note.left_out).map(ToString::to_string).collect();
    assert!(left_out[0].starts_with("line 3: proxy: \"socks5://p\" is not the URL of an HTTP proxy"), "{left_out:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_gives_only_websites_that_can_be_checked(
        text in "(endpoints|monitorList|url|name|:|-|,|;|\"|\\{|\\}|\\[|\\]|https?://|[a-z0-9. ]|\n|\\PC){0,80}",
    ) {
        for format in [Format::Text, Format::Csv, Format::UptimeKuma, Format::Gatus] {
            for website in import(format, &text).map(|list| list.websites).unwrap_or_default() {
                prop_assert!(website.problems().is_empty(), "{website:?}");
            }
        }
    }
}
