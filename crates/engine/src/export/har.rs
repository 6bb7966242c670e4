//! Exchanges as an HTTP Archive (HAR 1.2), written entry by entry so that memory does not grow with their number.
//!
//! Fields of our own begin with an underscore, as the format wants it. Secrets are hidden as they are in rows; bodies are left out
//! unless asked for.

mod bodies;
mod entry;

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

use wirereel_query::question::Scope;

use crate::{EngineError, Workspace};
use bodies::Bodies;
use entry::Entry;

/// Exchanges read from the store at once.
const CHUNK: usize = 500;

/// Writes the exchanges of a scope in the order in which they started. Returns how many.
pub(super) fn write(workspace: &Workspace, scope: &Scope, with_bodies: bool, path: &Path) -> Result<u64, EngineError> {
    let reader = workspace.reader(None)?;
    let numbers = reader.exchange_numbers(scope)?;
    let mut bodies = with_bodies.then(|| Bodies::new(workspace));
    let part = path.with_extension("part");
    let mut out = BufWriter::new(File::create(&part).map_err(EngineError::io(&part))?);
    let mut put = |bytes: &[u8]| out.write_all(bytes).map_err(EngineError::io(&part));
    put(concat!(
        r#"{"log":{"version":"1.2","creator":{"name":"Wirereel","version":""#,
        env!("CARGO_PKG_VERSION"),
        r#""},"entries":["#
    )
    .as_bytes())?;
    let mut written = 0;
    for chunk in numbers.chunks(CHUNK) {
        for exchange in reader.exchange_details(chunk)? {
            let (request, response) = match &mut bodies {
                Some(bodies) => bodies.of(&reader, &exchange)?,
                None => Default::default(),
            };
            put(if written == 0 { &b"\n"[..] } else { &b",\n"[..] })?;
            // Plain texts and numbers always make JSON.
            let entry = serde_json::to_vec(&Entry::of(&exchange, request, response)).unwrap_or_default();
            put(&entry)?;
            written += 1;
        }
    }
    put(b"\n]}}\n")?;
    out.flush().map_err(EngineError::io(&part))?;
    std::fs::rename(&part, path).map_err(EngineError::io(path))?;
    Ok(written)
}
