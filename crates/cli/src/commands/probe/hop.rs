//! Relays, gateways and responders that run until they are interrupted.

use std::{
    fs,
    future::Future,
    io::{self, Write},
    net::SocketAddr,
};

use anyhow::{Context as _, Result, bail};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;
use wirereel_probes::{
    relay::{Relay, RelayOptions},
    responder::{Responder, ResponderOptions},
};

use super::follow::follow;
use crate::arguments::{Hop, Own};

/// Runs a relay or a gateway.
pub(super) fn relay(hop: Hop, role: &'static str) -> Result<()> {
    let Hop { own, services, towards, default_route } = hop;
    let followed = own.config.clone();
    let (mut config, file) = configured(own)?;
    match config.get("role") {
        Some(written) if written != role => bail!("{file}: the role is {written}; this runs a {role}"),
        _ => config.insert("role".into(), role.into()),
    };
    if !services.is_empty() || !towards.is_empty() || default_route.is_some() {
        let routes = config.entry("routes").or_insert_with(|| Value::Object(Map::new()));
        let routes = routes.as_object_mut().with_context(|| format!("{file}: routes must be an object"))?;
        add(routes, "services", services);
        add(routes, "regions", towards);
        if let Some(address) = default_route {
            routes.insert("default".into(), whole(address).into());
        }
    }
    let options: RelayOptions = read(config, &file)?;
    let name = options.name.clone();
    until_interrupted(async move |cancellation| {
        let relay = Relay::bind(options).await?;
        listens(role, &name, relay.local_addr()?)?;
        let handle = relay.handle();
        tokio::select! {
            () = relay.run(cancellation) => {}
            () = follow(followed, |edited: RelayOptions| handle.delay(&edited.delays)) => {}
        }
        Ok(())
    })
}

/// Runs a responder.
pub(super) fn respond(own: Own) -> Result<()> {
    let followed = own.config.clone();
    let (config, file) = configured(own)?;
    let options: ResponderOptions = read(config, &file)?;
    let name = options.name.clone();
    until_interrupted(async move |cancellation| {
        let responder = Responder::bind(options).await?;
        listens("responder", &name, responder.local_addr()?)?;
        let handle = responder.handle();
        tokio::select! {
            () = responder.run(cancellation) => {}
            () = follow(followed, |edited: ResponderOptions| handle.play(edited.load)) => {}
        }
        Ok(())
    })
}

/// What the file says, with what was said besides in its place; and what the file is called.
fn configured(own: Own) -> Result<(Map<String, Value>, String)> {
    let Own { config, name, region, listen, key_file } = own;
    let (mut written, file) = match &config {
        None => (Map::new(), "the command line".to_owned()),
        Some(path) => {
            let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
            let written = serde_json::from_str(&text).with_context(|| format!("{}: no JSON object", path.display()))?;
            (written, path.display().to_string())
        }
    };
    let key_file = key_file.map(|path| path.display().to_string());
    for (key, value) in [("name", name), ("region", region), ("listen", listen), ("key_file", key_file)] {
        if let Some(value) = value {
            written.insert(key.into(), value.into());
        }
    }
    Ok((written, file))
}

fn add(routes: &mut Map<String, Value>, key: &str, pairs: Vec<(String, String)>) {
    let table = routes.entry(key).or_insert_with(|| Value::Object(Map::new()));
    if let Some(table) = table.as_object_mut() {
        table.extend(pairs.into_iter().map(|(name, address)| (name, whole(address).into())));
    }
}

/// Without a scheme, in the clear.
fn whole(address: String) -> String {
    if address.contains("://") { address } else { format!("grpc://{address}") }
}

fn read<T: DeserializeOwned>(config: Map<String, Value>, file: &str) -> Result<T> {
    serde_json::from_value(Value::Object(config)).with_context(|| file.to_owned())
}

/// Scripts read the address from here: it is there before the first call can be.
fn listens(what: &str, name: &str, at: SocketAddr) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{what} {name:?} listens on {at}")?;
    Ok(out.flush()?)
}

/// Runs something until Ctrl-C, or until the system ends it.
fn until_interrupted<F: Future<Output = Result<()>>>(run: impl FnOnce(CancellationToken) -> F) -> Result<()> {
    // On one thread: on more, frames that belong together are written one by one.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let cancellation = CancellationToken::new();
        let running = run(cancellation.clone());
        tokio::pin!(running);
        tokio::select! {
            ended = &mut running => return ended,
            interrupted = interrupted() => interrupted?,
        }
        cancellation.cancel();
        running.await
    })
}

#[cfg(unix)]
async fn interrupted() -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut ends = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
        _ = ends.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn interrupted() -> Result<()> {
    Ok(tokio::signal::ctrl_c().await?)
}
