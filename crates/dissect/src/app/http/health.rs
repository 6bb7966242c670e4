//! Whether reading a flow as HTTP still makes sense.

/// Fewer messages than this say nothing about the rest.
const MIN_MESSAGES: u32 = 5;

/// More unreadable messages than this, in percent, and the flow is taken for something else.
const MAX_UNREADABLE_PERCENT: u32 = 40;

/// Counts messages and those that could not be read.
#[derive(Debug, Default)]
pub(in crate::app) struct Health {
    messages: u32,
    unreadable: u32,
}

impl Health {
    pub(in crate::app) fn message(&mut self) {
        self.messages = self.messages.saturating_add(1);
    }

    pub(in crate::app) fn unreadable(&mut self) {
        self.unreadable = self.unreadable.saturating_add(1);
    }

    pub(in crate::app) fn is_hopeless(&self) -> bool {
        let percent = u64::from(self.unreadable) * 100 / u64::from(self.messages.max(1));
        self.messages >= MIN_MESSAGES && percent > u64::from(MAX_UNREADABLE_PERCENT)
    }
}

impl std::fmt::Display for Health {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {} messages are unreadable", self.unreadable, self.messages)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(messages: u32, unreadable: u32) -> Health {
        Health { messages, unreadable }
    }

    #[test]
    fn above_forty_percent_is_hopeless_once_there_are_five_messages() {
        assert!(!health(4, 4).is_hopeless());
        assert!(!health(5, 2).is_hopeless());
        assert!(health(5, 3).is_hopeless());
    }
}
