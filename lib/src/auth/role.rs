//! What a user token's `role` permits.
//!
//! ```text
//! user ⊂ viewer ⊂ developer ⊂ admin      platform
//! ```
//!
//! `platform` is separate: it assigns numbers to tenants and reads none of their calls.

use strum::{EnumString, IntoStaticStr};

#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, EnumString, IntoStaticStr,
)]
#[strum(serialize_all = "snake_case")]
pub enum Role {
    /// No role or an unknown one: reads its own user's calls.
    #[default]
    User,
    /// Reads its tenant's calls, history and webhook configurations.
    Viewer,
    /// Also configures, tests, retries and recovers webhooks, and publishes events.
    Developer,
    /// Also configures the directory, and manages API keys and leads.
    Admin,
    /// Only assigns numbers, campaigns and agents to tenants.
    Platform,
}

impl Role {
    pub const ALL: [Self; 5] = [
        Self::User,
        Self::Viewer,
        Self::Developer,
        Self::Admin,
        Self::Platform,
    ];

    pub fn parse(name: &str) -> Option<Self> {
        name.parse().ok()
    }

    pub fn as_str(self) -> &'static str {
        self.into()
    }

    pub fn includes(self, needed: Self) -> bool {
        if self == Self::Platform || needed == Self::Platform {
            self == needed
        } else {
            self >= needed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_includes_those_before_it_and_the_platform_none() {
        let included = Role::ALL.map(|role| Role::ALL.map(|needed| role.includes(needed)));
        assert_eq!(
            included,
            [
                [true, false, false, false, false],
                [true, true, false, false, false],
                [true, true, true, false, false],
                [true, true, true, true, false],
                [false, false, false, false, true],
            ]
        );
    }

    #[test]
    fn a_name_is_read_as_it_is_written_and_no_other() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        for name in ["", "ADMIN", "Admin", " admin", "root", "platform "] {
            assert_eq!(Role::parse(name), None, "{name:?}");
        }
    }
}
