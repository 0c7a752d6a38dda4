//! What each provider sends, and what is read of it.

mod capture_submissions;
mod elevenlabs_call_status;
mod elevenlabs_lenient;
mod json_of_others;
mod livekit_document;
mod livekit_fixtures;
mod livekit_hostile_bodies;
mod livekit_participants;
mod livekit_payloads;
mod livekit_refusals;
mod placeholder_ids;
mod readings;
mod signalwire_callbacks;
mod signalwire_contacts;
mod signalwire_number_callbacks;
mod signalwire_odd_callbacks;
mod signalwire_recorded;
mod sip_inbound;
