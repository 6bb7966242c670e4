//! The one list: command name, arguments, handler.

mod alerts;
mod app;
mod ask;
mod capture;
mod checks;
mod export;
mod flows;
mod health;
mod people;
mod probes;
mod reel;
mod remember;
mod whisperers;

use std::sync::Arc;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use wirereel_engine::Workbench;
use wirereel_query::workbench::{ApiError, ErrorCode};

use crate::{Host, error::bad_request};

/// What a handler may use.
pub(crate) struct Context<'a> {
    pub workbench: &'a Arc<Workbench>,
    pub host: &'a dyn Host,
    pub lane: Option<&'a str>,
}

/// No arguments, or nothing to tell.
#[derive(serde::Deserialize, Serialize)]
pub(crate) struct Nothing {}

macro_rules! commands {
    ($($name:ident => $handler:path,)*) => {
        /// Finds the handler of a command, reads its arguments, runs it.
        pub(crate) fn dispatch(context: &Context<'_>, command: &str, args: Value) -> Result<Value, ApiError> {
            match command {
                $(stringify!($name) => run(context, command, args, $handler),)*
                _ => Err(ApiError {
                    code: ErrorCode::NotFound,
                    message: format!("There is no command {command:?}."),
                    detail: String::new(),
                }),
            }
        }

        #[cfg(test)]
        const DISPATCHED: &[&str] = &[$(stringify!($name)),*];
    };
}

commands! {
    add_bookmark => remember::add_bookmark,
    alert_acknowledge => alerts::alert_acknowledge,
    alert_note => alerts::alert_note,
    alert_silence => alerts::alert_silence,
    alert_test_target => alerts::alert_test_target,
    alerts => alerts::alerts,
    app_state => app::app_state,
    bookmarks => remember::bookmarks,
    cancel_import => app::cancel_import,
    capture_interfaces => capture::capture_interfaces,
    capture_start => capture::capture_start,
    capture_stop => capture::capture_stop,
    check_filter => ask::check_filter,
    check_runs => checks::check_runs,
    choose_files => app::choose_files,
    close_recording => app::close_recording,
    complete_filter => ask::complete_filter,
    customers => people::customers,
    density => ask::density,
    difference => reel::difference,
    doctor => app::doctor,
    exchange => ask::exchange,
    exchange_body => ask::exchange_body,
    exchange_index => ask::exchange_index,
    exchanges => ask::exchanges,
    export_pcap => export::export_pcap,
    export_rows => export::export_rows,
    flow => flows::flow,
    flow_packets => flows::flow_packets,
    flow_sequence => flows::flow_sequence,
    flow_stream => flows::flow_stream,
    flows => flows::flows,
    forget_recent => app::forget_recent,
    get_setting => remember::get_setting,
    health => health::health,
    incidents => reel::incidents,
    inspect => ask::inspect,
    naming => people::naming,
    naming_check => people::naming_check,
    naming_save => people::naming_save,
    next_event => ask::next_event,
    open_in_wireshark => export::open_in_wireshark,
    open_recent => app::open_recent,
    open_sample => app::open_sample,
    packet_bytes => flows::packet_bytes,
    passing => reel::passing,
    probe => probes::probe,
    probe_check => probes::probe_check,
    probe_pause => probes::probe_pause,
    probe_remove => probes::probe_remove,
    probe_runs => probes::probe_runs,
    probe_save => probes::probe_save,
    probe_schema => probes::probe_schema,
    probe_test => probes::probe_test,
    probes => probes::probes,
    problems => flows::problems,
    remove_bookmark => remember::remove_bookmark,
    save_body => export::save_body,
    save_file => export::save_file,
    sequence => reel::sequence,
    series => reel::series,
    set_setting => remember::set_setting,
    sql => ask::sql,
    state_at => ask::state_at,
    topology => ask::topology,
    unresolved => people::unresolved,
    website => checks::website,
    website_check => checks::website_check,
    website_pause => checks::website_pause,
    website_remove => checks::website_remove,
    website_save => checks::website_save,
    website_schema => checks::website_schema,
    website_test => checks::website_test,
    websites => checks::websites,
    websites_import => checks::websites_import,
    whisperer_add => whisperers::whisperer_add,
    whisperer_check => whisperers::whisperer_check,
    whisperer_history => whisperers::whisperer_history,
    whisperer_remove => whisperers::whisperer_remove,
    whisperer_rename => whisperers::whisperer_rename,
    whisperer_resume => whisperers::whisperer_resume,
    whisperer_save => whisperers::whisperer_save,
    whisperer_schema => whisperers::whisperer_schema,
    whisperer_start => whisperers::whisperer_start,
    whisperer_stop => whisperers::whisperer_stop,
    whisperers => whisperers::whisperers,
}

fn run<A: DeserializeOwned, R: Serialize>(
    context: &Context<'_>,
    command: &str,
    args: Value,
    handler: impl FnOnce(&Context<'_>, A) -> Result<R, ApiError>,
) -> Result<Value, ApiError> {
    let args = serde_path_to_error::deserialize(args).map_err(|error| {
        let path = error.path().to_string();
        bad_request(format!("{command}: {path}: {}", error.into_inner()))
    })?;
    let answer = handler(context, args)?;
    serde_json::to_value(answer).map_err(|error| ApiError {
        code: ErrorCode::Internal,
        message: format!("{command}: the answer cannot be written as JSON"),
        detail: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_published_names_are_the_dispatched_ones() {
        assert_eq!(crate::COMMANDS, super::DISPATCHED);
        assert!(super::DISPATCHED.is_sorted());
    }
}
