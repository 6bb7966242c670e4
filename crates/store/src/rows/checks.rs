//! The tables of website checks. They are written beside the packets' rows, by a writer of their own.

use super::columns::table;

table! {
    /// Websites by the number that their results have. A name that was given once stays.
    CheckWebsites "check_websites" {
        website_id: Peer,
        name: Text,
    }
}

table! {
    /// What came of every intended instant, in the order in which it was known. `state` is 0 up, 1 down, 2 overrun, 3 self offline;
    /// `response_us` is there where a whole answer was; `certificate` and `hops` are JSON.
    CheckResults "check_results" {
        website_id: Peer,
        intended_us: I64,
        at_us: I64,
        instants: U32,
        state: Code,
        reason: SeldomText,
        failure: SeldomText,
        status: U16,
        dns_us: U64,
        connect_us: U64,
        proxy_us: SeldomU64,
        tls_us: SeldomU64,
        write_us: U64,
        ttfb_us: U64,
        transfer_us: U64,
        unattributed_us: U64,
        stopped_in: SeldomText,
        stopped_after_us: SeldomU64,
        total_us: U64,
        response_us: U64,
        http_version: SeldomText,
        remote: Text,
        local: Text,
        body_bytes: U64,
        reused_connection: SeldomFlag,
        tls_version: SeldomText,
        tls_cipher: SeldomText,
        certificate: SeldomText,
        hops: SeldomText,
    }
}

table! {
    /// A website in an hour that is over. `outcome_failures` tells how many of `outcome_counts` count as down; `classes` and `counts` are the
    /// histogram of response times.
    CheckHours "check_hours" {
        website_id: Peer,
        hour_s: I64,
        up: U64,
        down: U64,
        overruns: U64,
        self_offline: U64,
        responses: U64,
        response_sum_us: U64,
        response_max_us: U64,
        ttfbs: U64,
        ttfb_sum_us: U64,
        ttfb_max_us: U64,
        outcomes: Texts,
        outcome_counts: U32s,
        outcome_failures: U32s,
        classes: U16s,
        counts: U32s,
    }
}
