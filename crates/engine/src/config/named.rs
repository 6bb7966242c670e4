//! Lists of what has a name: websites, probes, sources of targets. One that is wrong is told and left out; done otherwise than it says, it
//! would tell of something else.

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use serde_json::Value;
use wirereel_checks::config::Problem;

use super::ConfigProblem;

/// Reads a list. The first one of a name has it.
pub(crate) fn read_named<T>(
    key: &str,
    items: &[Value],
    mut read: impl FnMut(&Value) -> Result<T, Vec<Problem>>,
    name: impl Fn(&T) -> &str,
    problems: &mut Vec<ConfigProblem>,
) -> Vec<T> {
    let mut all: Vec<T> = Vec::with_capacity(items.len());
    let mut names: HashSet<String> = HashSet::new();
    for (place, item) in items.iter().enumerate() {
        match read(item) {
            Ok(read) if names.insert(name(&read).to_owned()) => all.push(read),
            Ok(other) => problems.push(ConfigProblem {
                path: format!("{key}[{place}].name"),
                message: format!("{:?} is another one's name already", name(&other)),
            }),
            Err(wrong) => problems.extend(wrong.into_iter().map(|problem| {
                let Problem { path, found, allowed } = problem;
                let dot = if path.is_empty() { "" } else { "." };
                ConfigProblem {
                    path: format!("{key}[{place}]{dot}{path}"),
                    message: format!("{found} is not {allowed}"),
                }
            })),
        }
    }
    all
}

/// What was read, or what is wrong with it.
pub(super) fn whole<T>((read, problems): (T, Vec<Problem>)) -> Result<T, Vec<Problem>> {
    if problems.is_empty() { Ok(read) } else { Err(problems) }
}

/// Something of a list that is made ready to be measured.
pub(crate) trait Ready: Clone {
    fn name(&self) -> &str;
    /// Of what is written: see [`hash_of`].
    fn hash(&self) -> u64;
}

/// What tells that something is written as it was.
pub(crate) fn hash_of(written: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    written.to_string().hash(&mut hasher);
    hasher.finish()
}

/// The whole of a file that was edited.
///
/// # Errors
/// When it is none.
pub(crate) fn read_whole(text: &str) -> Result<Value, ConfigProblem> {
    serde_json::from_str(text).map_err(|error| ConfigProblem {
        path: String::new(),
        message: format!("not JSON: {error}; what was in force stays so"),
    })
}

/// Makes everything of a file's list ready; what is written as it was before is not made anew.
///
/// # Errors
/// When it is no list.
pub(crate) fn make_ready<T: Ready>(
    key: &str,
    whole: &Value,
    before: &[T],
    make: impl Fn(&Value, u64) -> Result<T, Vec<Problem>>,
    problems: &mut Vec<ConfigProblem>,
) -> Result<Vec<T>, ConfigProblem> {
    let items = match whole.get(key) {
        None => &[],
        Some(Value::Array(items)) => &items[..],
        Some(_) => return Err(ConfigProblem { path: key.to_owned(), message: "must be a list".into() }),
    };
    let known: HashMap<u64, &T> = before.iter().map(|ready| (ready.hash(), ready)).collect();
    let read = |item: &Value| {
        let hash = hash_of(item);
        known.get(&hash).map_or_else(|| make(item, hash), |ready| Ok((*ready).clone()))
    };
    Ok(read_named(key, items, read, T::name, problems))
}
