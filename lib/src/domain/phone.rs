//! Phone numbers in E.164, and the forms in which people, providers and room names write them.
//!
//! A number with a `+` is read as it is: only a trunk prefix after the country code is left out,
//! and the country never changes. A number without a `+` is read as it would be dialled in a
//! region. A table of numbering plans ([`plans`]) decides, not guessing: a number that no plan
//! makes plausible is rejected.

mod plans;
mod written;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use plans::{NORTH_AMERICA, Plan};
use written::Written;

/// A number in E.164: `+` and 7 to 15 digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PhoneNumber(String);

/// By its ISO 3166 code: `IN`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Region {
    code: &'static str,
    plan: &'static Plan,
}

impl Region {
    /// In upper or lower case; `None` when there is no such country.
    pub fn parse(code: &str) -> Option<Self> {
        let (plan, code) = Plan::of_region(&code.to_ascii_uppercase())?;
        Some(Self { code, plan })
    }

    pub fn as_str(self) -> &'static str {
        self.code
    }
}

impl PhoneNumber {
    /// Reads a number as a person, a provider or a SIP header writes it: `+17678189426`, `(858)
    /// 879-6658`, `0044 (0)20 7946 0958`, `sip:+17678189426@host`. National numbers are read as
    /// North American, as in the Call Outcomes document. `None` when it cannot be a number.
    pub fn parse(text: &str) -> Option<Self> {
        Self::read(text, Plan::of_code(NORTH_AMERICA)?)
    }

    /// As [`PhoneNumber::parse`], with national numbers as they are dialled in the region, if one
    /// is known.
    pub fn parse_in(text: &str, region: Option<Region>) -> Option<Self> {
        region.map_or_else(|| Self::parse(text), |region| Self::read(text, region.plan))
    }

    /// A number from a query, where an unencoded `+` arrived as a space.
    pub fn of_query(text: &str, region: Option<Region>) -> Option<Self> {
        let after_space = text
            .strip_prefix(' ')
            .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        // A real space must not turn it into another country's number.
        let unencoded = || plausible(&Written::read(after_space?)?.digits);
        unencoded().or_else(|| Self::parse_in(text, region))
    }

    /// Whether a region is needed to read this text: it may be a number, and has no country code.
    pub fn is_national(text: &str) -> bool {
        Written::read(text)
            .is_some_and(|written| !written.is_international && written.context.is_none())
    }

    fn read(text: &str, plan: &Plan) -> Option<Self> {
        let Written {
            digits,
            is_international,
            context,
        } = Written::read(text)?;
        if is_international {
            return international(&digits);
        }
        match context.as_deref().filter(|code| !code.is_empty()) {
            None => national(&digits, plan),
            Some(code) => match code.parse().ok().and_then(Plan::of_code) {
                Some(plan) => national(&digits, plan),
                // A context that is longer than a calling code is the beginning of the number.
                None => plausible(&format!("{code}{digits}")),
            },
        }
    }

    /// The number after the `sip-` of a room name as the Call Outcomes document has it:
    /// `sip-7678189426__1730217045__abc123`.
    pub fn of_sip_room(room_name: &str) -> Option<Self> {
        Self::parse(room_name.strip_prefix("sip-")?.split('_').next()?)
    }

    /// The caller's number in a room name that a LiveKit dispatch rule made:
    /// `call-_+15105550123_Xq7Lw2Zk9TpB`. Digits without a `+`, such as a start time, are no number.
    pub fn of_dispatched_room(room_name: &str) -> Option<Self> {
        Self::parse(room_name.split('_').find(|part| part.starts_with('+'))?)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn of(plan: &Plan, national: &str) -> Option<Self> {
        e164(format!("{}{national}", plan.code))
    }
}

fn e164(digits: String) -> Option<PhoneNumber> {
    let is_number = (7..=15).contains(&digits.len()) && !digits.starts_with('0');
    is_number.then(|| PhoneNumber(format!("+{digits}")))
}

/// What was written with a `+`. It is kept even if the plan has no such length: plans grow.
fn international(digits: &str) -> Option<PhoneNumber> {
    match Plan::of_digits(digits) {
        Some((plan, rest)) => PhoneNumber::of(plan, without_trunk(plan, rest)),
        None => e164(digits.to_owned()),
    }
}

/// What may have lost its `+`: accepted only if the plan of its calling code has such a number.
fn plausible(digits: &str) -> Option<PhoneNumber> {
    let (plan, rest) = Plan::of_digits(digits)?;
    let national = without_trunk(plan, rest);
    if plan.is_national(national) {
        PhoneNumber::of(plan, national)
    } else {
        None
    }
}

/// Digits as they are dialled in the country of `plan`: abroad, with the trunk prefix, with the
/// country's own calling code, bare, or with another country's calling code.
fn national(digits: &str, plan: &Plan) -> Option<PhoneNumber> {
    /// A shorter number has not lost a `+`.
    const MIN_ABROAD: usize = 11;
    let ours = |national: &str| {
        if plan.is_national(national) {
            PhoneNumber::of(plan, national)
        } else {
            None
        }
    };
    let has_trunk = !plan.trunk.is_empty();
    let after_trunk = || {
        let rest = digits.strip_prefix(plan.trunk).filter(|_| has_trunk)?;
        ours(without_trunk(plan, rest))
    };
    let after_code = || {
        let rest = digits.strip_prefix(plan.code.to_string().as_str())?;
        ours(without_trunk(plan, rest))
    };
    let bare = || ours(digits);
    // Countries with a trunk prefix write it: without one, digits that begin with the calling code
    // include it.
    let unprefixed = || {
        if has_trunk {
            after_code().or_else(bare)
        } else {
            bare().or_else(after_code)
        }
    };
    let from_abroad = || plausible(digits).filter(|_| digits.len() >= MIN_ABROAD);
    plan.abroad()
        .find_map(|prefix| plausible(digits.strip_prefix(prefix)?))
        .or_else(after_trunk)
        .or_else(unprefixed)
        .or_else(from_abroad)
}

/// A national number without a trunk prefix after the calling code.
fn without_trunk<'a>(plan: &Plan, digits: &'a str) -> &'a str {
    let mut rest = digits;
    if !plan.keeps_zero() {
        while let Some(after_zero) = rest.strip_prefix('0') {
            let after_trunk = rest
                .strip_prefix(plan.trunk)
                .filter(|_| plan.trunk.starts_with('0'));
            rest = after_trunk.unwrap_or(after_zero);
        }
    }
    // A number may begin with the digit of a 1 or 8 trunk prefix; one digit too many shows the
    // prefix.
    let is_too_long = rest.len() == plan.longest + 1 && !plan.trunk.is_empty();
    rest.strip_prefix(plan.trunk)
        .filter(|_| is_too_long)
        .unwrap_or(rest)
}

/// Shows the last two digits only: a whole number never reaches a log by accident.
impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.len().saturating_sub(2);
        write!(f, "+…{}", self.0.get(shown..).unwrap_or_default())
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

impl Serialize for Region {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code)
    }
}

impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::parse(&code).ok_or_else(|| D::Error::custom("no country"))
    }
}
