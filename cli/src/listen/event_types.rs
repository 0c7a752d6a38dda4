//! The event types of docs/api/webhook-configs.md.

pub(super) const ALL: [&str; 25] = [
    "call.created",
    "call.ringing",
    "call.answered",
    "call.completed",
    "call.updated",
    "call.merged",
    "call.follow_up_due",
    "recording.started",
    "recording.completed",
    "voice.processing",
    "voice.completed",
    "agent.ready",
    "agent.speaking",
    "agent.listening",
    "agent.error",
    "conversation.started",
    "conversation.completed",
    "transfer.initiated",
    "transfer.completed",
    "contact.created",
    "campaign.started",
    "campaign.completed",
    "webhook.failing",
    "webhook.exhausted",
    "webhook.disabled",
];

#[cfg(test)]
mod tests {
    #[test]
    fn they_are_those_of_the_product() {
        assert_eq!(super::ALL, ringpost::domain::event_type::all());
    }
}
