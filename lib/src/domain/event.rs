//! An event: an entry of the log, made of a verified webhook.

use std::fmt;

use bytes::Bytes;

use super::{key::EventKey, phone::Region, timestamp::Timestamp};

/// The system through which an event came. It determines how its payload is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Source {
    /// LiveKit's webhooks, or the relay of the Call Outcomes document.
    #[strum(serialize = "livekit")]
    LiveKit,
    /// LiveKit's request for an agent that answers an inbound call.
    #[strum(serialize = "livekit-sip-inbound")]
    SipInbound,
    #[strum(serialize = "signalwire")]
    SignalWire,
    /// ElevenLabs' post-call webhooks, or the events of the Webhook API document.
    #[strum(serialize = "elevenlabs")]
    ElevenLabs,
    /// The events of the ElevenLabs call status document.
    #[strum(serialize = "elevenlabs-call-status")]
    CallStatus,
    #[strum(serialize = "elevenlabs-api")]
    ElevenLabsApi,
    CallCapture,
    #[strum(serialize = "11wire")]
    Platform,
}

impl Source {
    /// Whether tenants may have their own accounts there, whose events name the tenant.
    pub fn has_accounts(self) -> bool {
        match self {
            Self::LiveKit
            | Self::SipInbound
            | Self::SignalWire
            | Self::ElevenLabs
            | Self::CallStatus => true,
            Self::ElevenLabsApi | Self::CallCapture | Self::Platform => false,
        }
    }

    /// The name in keys and in the log.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The name that customers see.
    pub fn provider(self) -> &'static str {
        match self {
            Self::LiveKit | Self::SipInbound => "livekit",
            Self::SignalWire => "signalwire",
            Self::ElevenLabs | Self::CallStatus | Self::ElevenLabsApi => "elevenlabs",
            Self::CallCapture => "call-capture",
            Self::Platform => "11wire",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        name.parse().ok()
    }
}

#[derive(Clone, PartialEq, Eq)]
pub struct Event {
    /// Unique for ever: the idempotency key.
    pub key: EventKey,
    pub source: Source,
    /// The tenant, if the sender's key names it; otherwise the call determines it.
    pub tenant_id: Option<String>,
    /// Where its national numbers are from, if the tenant is known. It is stored, because the
    /// tenant may change it and the event must always be read as it was.
    pub region: Option<Region>,
    /// The provider's event type, known to us or not.
    pub event_type: String,
    /// As the provider reports it.
    pub occurred_at: Timestamp,
    pub received_at: Timestamp,
    /// The body of the webhook, byte for byte.
    pub payload: Bytes,
}

/// Shows the key only: the payload never reaches a log by accident.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Event({})", self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_read_as_it_is_written_and_says_whether_tenants_have_accounts_there() {
        for (source, name, has_accounts) in [
            (Source::LiveKit, "livekit", true),
            (Source::SipInbound, "livekit-sip-inbound", true),
            (Source::SignalWire, "signalwire", true),
            (Source::ElevenLabs, "elevenlabs", true),
            (Source::CallStatus, "elevenlabs-call-status", true),
            (Source::ElevenLabsApi, "elevenlabs-api", false),
            (Source::CallCapture, "call-capture", false),
            (Source::Platform, "11wire", false),
        ] {
            assert_eq!(source.as_str(), name);
            assert_eq!(Source::parse(name), Some(source));
            assert_eq!(source.has_accounts(), has_accounts, "{name}");
        }
        assert_eq!(Source::parse("LiveKit"), None);
    }
}
