//! The result of a call, in the document's closed list.

#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Outcome {
    Converted,
    FollowUp,
    NotAnswered,
    Completed,
    /// The lead does not want to be called again.
    NotInterested,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}
