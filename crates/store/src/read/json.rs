//! Database values as JSON: integers as numbers, times as ISO 8601 text, bytes as hexadecimal.

use duckdb::types::{TimeUnit, Value};
use serde_json::{Number, Value as Json};

/// The JSON of a value. Integers beyond 64 bits, and numbers JSON cannot say, are texts.
pub(super) fn value(value: Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Boolean(flag) => Json::Bool(flag),
        Value::TinyInt(number) => number.into(),
        Value::SmallInt(number) => number.into(),
        Value::Int(number) => number.into(),
        Value::BigInt(number) => number.into(),
        Value::UTinyInt(number) => number.into(),
        Value::USmallInt(number) => number.into(),
        Value::UInt(number) => number.into(),
        Value::UBigInt(number) => number.into(),
        Value::HugeInt(number) => i64::try_from(number)
            .map(Json::from)
            .or_else(|_| u64::try_from(number).map(Json::from))
            .unwrap_or_else(|_| Json::String(number.to_string())),
        Value::UHugeInt(number) => u64::try_from(number).map_or_else(|_| Json::String(number.to_string()), Json::from),
        // Through its text: 0.1 as a float is not 0.1 as a double.
        Value::Float(number) => number.to_string().parse().map_or(Json::Null, float),
        Value::Double(number) => float(number),
        Value::Decimal(number) => number.to_string().parse().map_or_else(|_| Json::String(number.to_string()), float),
        Value::Timestamp(unit, count) => timestamp(unit, count).into(),
        Value::Date32(days) => date(i64::from(days)).into(),
        Value::Time64(unit, count) => time_of_day(nanos(unit, count)).into(),
        Value::Interval { months, days, nanos } => format!("P{months}M{days}DT{}S", nanos as f64 / 1e9).into(),
        Value::Text(text) | Value::Enum(text) => text.into(),
        Value::Blob(bytes) | Value::Geometry(bytes) => {
            bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
        }
        Value::List(values) | Value::Array(values) => values.into_iter().map(self::value).collect(),
        Value::Struct(fields) => fields
            .iter()
            .map(|(name, field)| (name.clone(), self::value(field.clone())))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Map(entries) => entries
            .iter()
            .map(|(key, entry)| (key_text(key.clone()), self::value(entry.clone())))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Union(inner) => self::value(*inner),
        other => format!("{other:?}").into(),
    }
}

/// A map's key: its text, or the text of its JSON.
fn key_text(key: Value) -> String {
    match value(key) {
        Json::String(text) => text,
        other => other.to_string(),
    }
}

fn float(number: f64) -> Json {
    Number::from_f64(number).map_or_else(|| Json::String(number.to_string()), Json::Number)
}

const DAY_NS: i128 = 86_400_000_000_000;

fn nanos(unit: TimeUnit, count: i64) -> i128 {
    let factor = match unit {
        TimeUnit::Second => 1_000_000_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Nanosecond => 1,
    };
    i128::from(count) * factor
}

/// `2026-11-21T03:04:05.123456789Z`, without the fraction's last zeros in threes.
fn timestamp(unit: TimeUnit, count: i64) -> String {
    let nanos = nanos(unit, count);
    // The quotient of 64 bits of nanoseconds, or of seconds, by days fits 64 bits.
    let days = nanos.div_euclid(DAY_NS) as i64;
    format!("{}T{}Z", date(days), time_of_day(nanos.rem_euclid(DAY_NS)))
}

fn time_of_day(nanos: i128) -> String {
    let (seconds, fraction) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match fraction {
        0 => clock,
        _ if fraction % 1_000_000 == 0 => format!("{clock}.{:03}", fraction / 1_000_000),
        _ if fraction % 1_000 == 0 => format!("{clock}.{:06}", fraction / 1_000),
        _ => format!("{clock}.{fraction:09}"),
    }
}

/// Civil date of a day number since 1970-01-01, proleptic Gregorian.
///
/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
fn date(days: i64) -> String {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_iso_8601_to_the_nanosecond() {
        assert_eq!(timestamp(TimeUnit::Nanosecond, 0), "1970-01-01T00:00:00Z");
        assert_eq!(timestamp(TimeUnit::Nanosecond, 951_782_400_000_000_001), "2000-02-29T00:00:00.000000001Z");
        assert_eq!(timestamp(TimeUnit::Microsecond, -1), "1969-12-31T23:59:59.999999Z");
        assert_eq!(timestamp(TimeUnit::Millisecond, 1_500), "1970-01-01T00:00:01.500Z");
    }

    #[test]
    fn integers_are_numbers_and_what_json_cannot_say_is_text() {
        assert_eq!(value(Value::HugeInt(15)), Json::from(15));
        assert_eq!(value(Value::HugeInt(i128::MAX)), Json::String(i128::MAX.to_string()));
        assert_eq!(value(Value::Double(f64::NAN)), Json::String("NaN".into()));
        assert_eq!(value(Value::Float(0.1)), Json::from(0.1));
        assert_eq!(value(Value::List(vec![Value::Int(1), Value::Null])), serde_json::json!([1, null]));
    }
}
