//! Who is accepted: signatures, tokens and keys.

mod callers;
mod elevenlabs_signatures;
mod hostile_claims;
mod hostile_tokens;
mod known_answers;
mod livekit_signatures;
mod livekit_webhook_secret;
mod parameter_store;
mod signalwire_signatures;
mod standard_webhooks;
mod user_tokens;
