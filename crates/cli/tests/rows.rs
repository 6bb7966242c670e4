//! Whole rows of the samples, as snapshots: a change of dissection or naming shows here, row by row.
//!
//! `INSTA_UPDATE=always cargo test -p wirereel-cli --test rows` writes them anew; read the difference before committing it.

mod support;

use support::Shell;

fn csv(shell: &Shell, query: &str) -> String {
    shell.done(&["sql", "--format", "csv", query])
}

#[test]
fn rows_of_the_flash_sale() {
    let shell = Shell::with_sample("shop-flash-sale.pcapng");
    for (name, query) in [
        ("flows", "SELECT * FROM flows ORDER BY opened_at, flow_id LIMIT 25"),
        ("flow_events", "SELECT * FROM flow_events ORDER BY \"at\", flow_id LIMIT 40"),
        (
            "http_exchanges",
            "SELECT * EXCLUDE (request_headers, response_headers) FROM http_exchanges ORDER BY started_at, exchange_id LIMIT 25",
        ),
        (
            "headers",
            "SELECT request_headers, response_headers FROM http_exchanges ORDER BY started_at, exchange_id LIMIT 5",
        ),
        (
            "failures",
            "SELECT * EXCLUDE (request_headers, response_headers) FROM http_exchanges WHERE error IS NOT NULL ORDER BY started_at, exchange_id LIMIT 25",
        ),
        ("dns_queries", "SELECT * FROM dns_queries ORDER BY \"at\" LIMIT 15"),
        ("services", "SELECT * FROM services ORDER BY name"),
        ("edges", "SELECT * FROM edges ORDER BY client_service, server_service"),
        (
            "edge_rollups",
            "SELECT * FROM edge_rollups WHERE width_s = 60 ORDER BY bucket, client_service, server_service LIMIT 40",
        ),
        ("unresolved_addresses", "SELECT * FROM unresolved_addresses"),
        ("sources", "SELECT * EXCLUDE (path) FROM sources"),
    ] {
        insta::assert_snapshot!(name, csv(&shell, query));
    }
}
