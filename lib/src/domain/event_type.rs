//! The event types that customers can subscribe to.

const ALL: [&str; 25] = [
    // A call's lifecycle.
    "call.created",
    "call.ringing",
    "call.answered",
    "call.completed",
    UPDATED,
    MERGED,
    "call.follow_up_due",
    RECORDING_STARTED,
    RECORDING_COMPLETED,
    // Voice agents.
    "voice.processing",
    "voice.completed",
    "agent.ready",
    "agent.speaking",
    "agent.listening",
    "agent.error",
    "conversation.started",
    "conversation.completed",
    // The platform.
    TRANSFER_INITIATED,
    TRANSFER_COMPLETED,
    CONTACT_CREATED,
    "campaign.started",
    "campaign.completed",
    // Deliveries themselves.
    FAILING,
    EXHAUSTED,
    DISABLED,
];

/// An announced value of an ended call has changed.
pub const UPDATED: &str = "call.updated";
/// A leg is dialled into a call.
pub const TRANSFER_INITIATED: &str = "transfer.initiated";
/// The dialled-in leg was answered, or was not.
pub const TRANSFER_COMPLETED: &str = "transfer.completed";
/// Two records that had both announced their end were one call.
pub const MERGED: &str = "call.merged";
pub const RECORDING_STARTED: &str = "recording.started";
pub const RECORDING_COMPLETED: &str = "recording.completed";
/// The first call of a number.
pub const CONTACT_CREATED: &str = "contact.created";
/// A delivery has failed several times and is still retried.
pub const FAILING: &str = "webhook.failing";
/// A delivery has failed for the last time.
pub const EXHAUSTED: &str = "webhook.exhausted";
pub const DISABLED: &str = "webhook.disabled";

/// The families that tenants may publish.
const PUBLISHED: [&str; 4] = ["conversation.", "transfer.", "contact.", "campaign."];

const REPEATED: [&str; 4] = ["recording.", "voice.", "agent.", "transfer."];

pub fn is_repeated(event_type: &str) -> bool {
    is_known(event_type) && REPEATED.iter().any(|family| event_type.starts_with(family))
}

pub fn is_known(event_type: &str) -> bool {
    ALL.contains(&event_type)
}

pub fn is_published(event_type: &str) -> bool {
    is_known(event_type)
        && PUBLISHED
            .iter()
            .any(|family| event_type.starts_with(family))
}

/// Whether the type is about deliveries. Deliveries of such events cause no further ones.
pub fn is_operational(event_type: &str) -> bool {
    event_type.starts_with("webhook.")
}

pub fn all() -> &'static [&'static str] {
    &ALL
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_about_deliveries_are_of_one_family() {
        let of_deliveries: Vec<_> = ALL
            .into_iter()
            .filter(|name| is_operational(name))
            .collect();
        assert_eq!(of_deliveries, [FAILING, EXHAUSTED, DISABLED]);
    }
}
