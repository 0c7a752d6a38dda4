//! Texts that may be anything.

mod fuzzing;
mod phone_numbers;
