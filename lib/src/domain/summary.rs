//! A one-line summary of an event: reporter and type. It contains names only, and no personal data.

/// Type names are the provider's; longer ones are cut.
const MAX_CHARS: usize = 80;

/// `LiveKit`, of `livekit`.
pub fn display_name(provider: &str) -> &str {
    match provider {
        "livekit" => "LiveKit",
        "signalwire" => "SignalWire",
        "elevenlabs" => "ElevenLabs",
        "call-capture" => "Call capture",
        other => other,
    }
}

/// `LiveKit: participant left`, of `livekit` and `participant_left`.
pub fn summary(provider: &str, event_type: &str) -> String {
    let reporter = display_name(provider);
    let is_word = |c: char| c.is_alphanumeric();
    let words: Vec<&str> = event_type
        .split(|c| !is_word(c))
        .filter(|word| !word.is_empty())
        .collect();
    let what: String = words.join(" ").chars().take(MAX_CHARS).collect();
    if what.is_empty() {
        format!("{reporter}: an event")
    } else {
        format!("{reporter}: {what}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_names_the_reporter_and_what_happened() {
        assert_eq!(
            summary("livekit", "participant_left"),
            "LiveKit: participant left"
        );
        assert_eq!(
            summary("elevenlabs", "call.no_answer"),
            "ElevenLabs: call no answer"
        );
        assert_eq!(
            summary("signalwire", "status-callback"),
            "SignalWire: status callback"
        );
        assert_eq!(
            summary("11wire", "transfer.completed"),
            "11wire: transfer completed"
        );
    }

    #[test]
    fn a_strange_name_stays_short_and_in_one_line() {
        assert_eq!(summary("livekit", "\n<b>\u{202e}"), "LiveKit: b");
        assert_eq!(summary("livekit", "…"), "LiveKit: an event");
        assert_eq!(
            summary("livekit", &"é".repeat(500)).chars().count(),
            9 + MAX_CHARS
        );
    }
}
