//! The fold of events into calls, and every law it keeps.

mod announcements;
mod call_fold;
mod call_record;
mod call_stories;
mod capture_calls;
mod competing_ends;
mod elevenlabs_calls;
mod explanations;
mod fact_laws;
mod older_records;
mod sides_of_a_call;
mod three_providers;
mod who_ends_a_call;
