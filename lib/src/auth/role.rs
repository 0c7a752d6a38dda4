//! What a user token's `role` lets its bearer do.
//!
//! ```text
//! user ⊂ viewer ⊂ developer ⊂ admin      platform
//! ```
//!
//! `platform` stands apart: who assigns numbers to tenants reads none of their calls.

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// None, or one that is not known: reads the calls that are its own user's.
    #[default]
    User,
    /// Reads its tenant's calls, history and webhook configurations.
    Viewer,
    /// Also configures, tests, retries and recovers webhooks, and publishes events.
    Developer,
    /// Also configures the directory, and manages API keys and leads.
    Admin,
    /// Assigns numbers, campaigns and agents to tenants, and does nothing else.
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
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Viewer => "viewer",
            Self::Developer => "developer",
            Self::Admin => "admin",
            Self::Platform => "platform",
        }
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
