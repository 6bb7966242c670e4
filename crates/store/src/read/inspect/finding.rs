//! The sentence about what stands out.

use wirereel_query::answer::Golden;

/// Fewer requests than this say nothing.
const ENOUGH_REQUESTS: u64 = 20;
/// A rise of the error share worth saying, in parts of all requests.
const MORE_ERRORS: f64 = 0.03;
/// How many times slower or rarer is worth saying.
const TIMES: f64 = 2.0;

/// What stands out against the baseline, or by itself without one; the weightiest first.
pub(super) fn finding(golden: &Golden, baseline: Option<&Golden>, refused: u64) -> Option<String> {
    if refused > 0 {
        let connections = if refused == 1 { "connection was" } else { "connections were" };
        return Some(format!("{refused} {connections} refused."));
    }
    let Some(before) = baseline.filter(|before| before.requests >= ENOUGH_REQUESTS) else {
        let failing = golden.requests >= ENOUGH_REQUESTS && golden.error_share >= MORE_ERRORS;
        return failing.then(|| format!("{} of requests fail.", percent(golden.error_share)));
    };
    if golden.requests > 0 && golden.error_share - before.error_share >= MORE_ERRORS {
        return Some(format!(
            "Errors rose from {} to {} of requests.",
            percent(before.error_share),
            percent(golden.error_share)
        ));
    }
    if let (Some(now), Some(then)) = (golden.p95_us, before.p95_us)
        && golden.requests >= ENOUGH_REQUESTS
        && now as f64 >= TIMES * then.max(1) as f64
    {
        let times = now as f64 / then.max(1) as f64;
        return Some(format!("p95 is {times:.1} times the one before: {} instead of {}.", time(now), time(then)));
    }
    if golden.rate * TIMES <= before.rate {
        return Some(format!("Requests fell from {:.1} to {:.1} per second.", before.rate, golden.rate));
    }
    (golden.rate >= TIMES * before.rate)
        .then(|| format!("Requests rose from {:.1} to {:.1} per second.", before.rate, golden.rate))
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn time(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{:.1} ms", us as f64 / 1e3),
        _ => format!("{:.2} s", us as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn golden(requests: u64, error_share: f64, p95_us: u64) -> Golden {
        Golden { requests, rate: requests as f64 / 60.0, error_share, p95_us: Some(p95_us), ..Golden::default() }
    }

    #[test]
    fn what_stands_out_is_said_and_nothing_else() {
        let calm = golden(600, 0.01, 20_000);
        assert_eq!(finding(&calm, Some(&calm), 0), None);
        assert_eq!(finding(&calm, Some(&calm), 1).as_deref(), Some("1 connection was refused."));
        let failing = golden(600, 0.2, 20_000);
        assert_eq!(finding(&failing, Some(&calm), 0).as_deref(), Some("Errors rose from 1.0 % to 20.0 % of requests."));
        assert_eq!(finding(&failing, None, 0).as_deref(), Some("20.0 % of requests fail."));
        let slow = golden(600, 0.01, 90_000);
        let said = finding(&slow, Some(&calm), 0);
        assert_eq!(said.as_deref(), Some("p95 is 4.5 times the one before: 90.0 ms instead of 20.0 ms."));
        let few = golden(5, 1.0, 90_000);
        assert_eq!(finding(&few, None, 0), None);
    }
}
