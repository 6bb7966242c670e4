//! What happened and what is on its way, as rows and back.

use wirereel_alerts::{
    Event, Quiet,
    notify::{Delivery, DeliveryState},
};
use wirereel_store::{SavedAlertEvent, SavedDelivery};

/// What can be read of what was saved; the rest is told.
pub(super) fn read<T: serde::de::DeserializeOwned>(texts: &[String], what: &str, notes: &mut Vec<String>) -> Vec<T> {
    let mut read = Vec::with_capacity(texts.len());
    for text in texts {
        match serde_json::from_str(text) {
            Ok(one) => read.push(one),
            Err(error) => notes.push(format!("{what} that was saved cannot be read: {error}")),
        }
    }
    read
}

pub(super) fn saved_event(event: &Event) -> SavedAlertEvent {
    let alert = &event.alert;
    SavedAlertEvent {
        event_id: event.event_id.clone(),
        at_ns: event.at_ns,
        what: event.what.word().into(),
        alert_id: alert.alert_id.clone(),
        rule: alert.rule.clone(),
        kind: alert.subject.kind.clone(),
        subject: alert.subject.name.clone(),
        quiet: event.quiet.map(|quiet| quiet_word(quiet).to_owned()),
        untold: event.quiet.is_none().then(|| serde_json::to_string(event).ok()).flatten(),
    }
}

fn quiet_word(quiet: Quiet) -> &'static str {
    match quiet {
        Quiet::Silenced => "silenced",
        Quiet::Maintenance => "maintenance",
        Quiet::NeverTold => "never_told",
        Quiet::Removed => "removed",
    }
}

pub(super) fn saved_delivery(delivery: &Delivery) -> SavedDelivery {
    SavedDelivery {
        delivery_id: delivery.delivery_id.clone(),
        alert_id: delivery.notice.alert_id.clone(),
        target: delivery.target.clone(),
        event: delivery.notice.event.word().into(),
        state: match delivery.state {
            DeliveryState::Waiting => "waiting",
            DeliveryState::Sent => "sent",
            DeliveryState::Failed => "failed",
        }
        .into(),
        attempts: delivery.attempts,
        queued_ns: delivery.queued_at_ns,
        next_ns: delivery.next_ns,
        finished_ns: delivery.finished_at_ns,
        failure: delivery.failure.clone(),
        record: serde_json::to_string(delivery).unwrap_or_default(),
    }
}
