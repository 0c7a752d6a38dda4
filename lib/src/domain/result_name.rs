//! The names of call results: in snake case, whichever source they come from.

const MAX_BYTES: usize = 64;

/// The name of a result: `Appointment set`, `appointmentSet` and `appointment-set` are all
/// `appointment_set`. `None` if the text is not a name.
pub fn snake_case(name: &str) -> Option<String> {
    if name.len() > MAX_BYTES {
        return None;
    }
    let mut snake = String::new();
    let mut after_lower = false;
    for c in name.chars() {
        let starts_word = c.is_uppercase() && after_lower;
        if (starts_word || !c.is_alphanumeric()) && !snake.is_empty() && !snake.ends_with('_') {
            snake.push('_');
        }
        if c.is_alphanumeric() {
            snake.extend(c.to_lowercase());
        }
        after_lower = c.is_lowercase() || c.is_numeric();
    }
    let snake = snake.trim_end_matches('_');
    (!snake.is_empty()).then(|| snake.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_snake_case() {
        for name in [
            "appointment_set",
            "Appointment set",
            "appointmentSet",
            " appointment-set! ",
        ] {
            assert_eq!(
                snake_case(name).as_deref(),
                Some("appointment_set"),
                "{name}"
            );
        }
        assert_eq!(snake_case("KYC2Passed").as_deref(), Some("kyc2_passed"));
        assert_eq!(snake_case(" -- "), None);
        assert_eq!(snake_case(&"x".repeat(65)), None);
    }

    #[test]
    fn the_longest_name_has_sixty_four_bytes() {
        let name = "x".repeat(64);
        assert_eq!(snake_case(&name), Some(name));
    }
}
