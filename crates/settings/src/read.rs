//! Reading an object, setting by setting.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::Problem;

/// Reads an object whose keys each stand for themselves: what is right holds, the rest is as by default, and everything that is wrong is
/// told. `allowed` says what it must be, such as "an object with a url".
///
/// # Errors
/// When it is no object.
///
/// ```
/// #[derive(Default, serde::Deserialize)]
/// #[serde(default, deny_unknown_fields)]
/// struct Shelf {
///     boards: u8,
///     colour: String,
/// }
///
/// let written = serde_json::json!({ "boards": 300, "colour": "red" });
/// let (shelf, problems) = wirereel_settings::read::<Shelf>(&written, "a shelf")?;
/// assert_eq!((shelf.boards, shelf.colour.as_str()), (0, "red"));
/// assert_eq!(problems[0].to_string(), "boards: 300 is not a whole number from 0 to 255");
/// # Ok::<(), wirereel_settings::Problem>(())
/// ```
pub fn read<T: DeserializeOwned + Default>(written: &Value, allowed: &str) -> Result<(T, Vec<Problem>), Problem> {
    let Value::Object(entries) = written else {
        return Err(Problem::new("", written, allowed));
    };
    let mut reading = Reading::<T> { right: Map::new(), problems: Vec::new(), reads: PhantomData };
    reading.entries(&mut Vec::new(), entries);
    let read = serde_json::from_value(Value::Object(reading.right)).unwrap_or_default();
    Ok((read, reading.problems))
}

/// Adds problems that came of looking at what was read. What could not even be read was told with its own words.
pub fn tell_also(problems: &mut Vec<Problem>, more: Vec<Problem>) {
    for problem in more {
        if !problems.iter().any(|known| known.path == problem.path) {
            problems.push(problem);
        }
    }
}

struct Reading<T> {
    right: Map<String, Value>,
    problems: Vec<Problem>,
    reads: PhantomData<T>,
}

impl<T: DeserializeOwned> Reading<T> {
    fn entries(&mut self, above: &mut Vec<String>, entries: &Map<String, Value>) {
        for (key, value) in entries {
            above.push(key.clone());
            match value {
                Value::Object(inner) if above.len() == 1 && !inner.is_empty() => self.entries(above, inner),
                _ => self.leaf(above, value),
            }
            above.pop();
        }
    }

    /// Takes a value if one that has nothing else could be read.
    fn leaf(&mut self, keys: &[String], value: &Value) {
        let alone = keys.iter().rev().fold(value.clone(), |inner, key| {
            let mut around = Map::new();
            around.insert(key.clone(), inner);
            Value::Object(around)
        });
        let read: Result<T, _> = serde_path_to_error::deserialize(&alone);
        match read {
            Ok(_) => insert(&mut self.right, keys, value),
            Err(error) => {
                let path = error.path().to_string();
                let found = at_path(&alone, &path).unwrap_or(value).to_string();
                self.problems.push(said(&path, &found, keys, &error.into_inner().to_string()));
            }
        }
    }
}

fn insert(into: &mut Map<String, Value>, keys: &[String], value: &Value) {
    match keys {
        [] => {}
        [key] => drop(into.insert(key.clone(), value.clone())),
        [key, rest @ ..] => {
            let inner = into.entry(key.clone()).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

/// The value at a path such as `expect.status[1]`.
fn at_path<'a>(whole: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(whole, |value, part| {
        let mut words = part.split('[');
        let value = value.get(words.next()?)?;
        words.try_fold(value, |value, index| value.get(index.trim_end_matches(']').parse::<usize>().ok()?))
    })
}

/// What serde says, in words for the user.
fn said(path: &str, found: &str, keys: &[String], message: &str) -> Problem {
    if let Some((_, expected)) = message.split_once("unknown field ") {
        let known = expected.split_once("expected ").map_or(expected, |(_, known)| known);
        let known = known.trim_start_matches("one of ").replace('`', "");
        // Inside a list, serde names the place of the setting and not that of the list.
        let at = if path.contains('[') { path.to_owned() } else { keys.join(".") };
        return Problem::new(at, "an unknown setting", format!("one of {known}"));
    }
    let allowed = match (message.split_once(" is not "), message.split_once("expected ")) {
        (Some((_, allowed)), _) | (None, Some((_, allowed))) => allowed,
        (None, None) => message,
    };
    let allowed = match allowed {
        "u8" => "a whole number from 0 to 255".into(),
        "u16" => "a whole number from 0 to 65535".into(),
        "u32" => "a whole number, not negative".into(),
        "a boolean" => "true or false".into(),
        "a sequence" => "a list".into(),
        "a tuple of size 2" => "a list of two".into(),
        "a string" | "path string" | "a borrowed string" => "a text".into(),
        "a map" => "an object".into(),
        other if other.starts_with("struct ") => "an object".into(),
        other => other.replace('`', ""),
    };
    Problem::new(path, found, allowed)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Shelf {
        boards: u8,
        sizes: Vec<u16>,
        paint: Paint,
        books: Vec<Paint>,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Paint {
        colour: String,
        coats: u32,
    }

    fn told(written: &Value) -> (Shelf, Vec<String>) {
        let (shelf, problems) = read(written, "a shelf").expect("an object");
        (shelf, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn what_is_right_holds_and_what_is_wrong_is_told_with_its_place() {
        let (shelf, mut told) = told(&json!({
            "boards": 4, "sizes": [30, 70_000], "bords": 1, "paint": { "colour": 7, "coats": 2, "gloss": true },
            "books": [{ "colour": "red" }, { "color": "red" }]
        }));
        assert_eq!(shelf, Shelf { boards: 4, paint: Paint { coats: 2, ..Paint::default() }, ..Shelf::default() });
        // An object's keys are in their order or sorted, by how serde_json was built.
        told.sort();
        assert_eq!(
            told,
            [
                "books[1].color: an unknown setting is not one of colour or coats",
                "bords: an unknown setting is not one of boards, sizes, paint, books",
                "paint.colour: 7 is not a text",
                "paint.gloss: an unknown setting is not one of colour or coats",
                "sizes[1]: 70000 is not a whole number from 0 to 65535",
            ]
        );
    }

    #[test]
    fn no_object_is_told_shortened_and_an_empty_one_is_as_by_default() {
        assert_eq!(told(&json!({})), (Shelf::default(), Vec::new()));
        let refused = read::<Shelf>(&json!("é".repeat(200)), "a shelf").expect_err("no object");
        assert_eq!(refused.found.chars().count(), 81, "{refused}");
        assert!(refused.to_string().ends_with("é… is not a shelf"), "{refused}");
    }

    #[test]
    fn what_was_told_is_not_told_in_other_words() {
        let mut problems = vec![Problem::text("a", "x", "a number")];
        tell_also(&mut problems, vec![Problem::text("a", "x", "more than 3"), Problem::text("b", "", "a name")]);
        assert_eq!(problems.iter().map(|problem| problem.path.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    }
}
