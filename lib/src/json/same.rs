//! Whether two JSON texts have the same meaning.

use std::collections::BTreeMap;

use super::{Json, is_deep};

#[derive(PartialEq, Eq)]
enum Meaning<'a> {
    /// `null`, `true`, `false`.
    Word(&'a str),
    /// Sign, digits without zeros at either end, and the power of ten of the last one.
    Number(bool, String, i64),
    Text(std::borrow::Cow<'a, str>),
    List(Vec<Self>),
    Object(BTreeMap<String, Self>),
}

/// Values that are nested deeper than is shown must be written alike.
pub(super) fn same(one: Json<'_>, other: Json<'_>) -> bool {
    let is_deep = |json: Json<'_>| is_deep(json.as_written());
    one == other || (!is_deep(one) && !is_deep(other) && meaning(one) == meaning(other))
}

fn meaning(json: Json<'_>) -> Meaning<'_> {
    if let Some(text) = json.string() {
        return Meaning::Text(text);
    }
    if let Some(number) = json.number() {
        return number_meaning(number);
    }
    if json.is_object() {
        let object = json.object();
        let members = object
            .members()
            .map(|(name, json)| (name.to_owned(), meaning(json)));
        return Meaning::Object(members.collect());
    }
    match json.as_written().starts_with('[') {
        true => Meaning::List(json.list().into_iter().map(meaning).collect()),
        false => Meaning::Word(json.as_written()),
    }
}

fn number_meaning(number: &str) -> Meaning<'_> {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    // An exponent this large is compared as it was written.
    let Ok(exponent) = exponent.parse::<i32>() else {
        return Meaning::Word(number);
    };
    let (mantissa, is_negative) = mantissa
        .strip_prefix('-')
        .map_or((mantissa, false), |rest| (rest, true));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_end_matches('0');
    let cut = i64::try_from(digits.len() - significant.len()).unwrap_or(i64::MAX);
    let decimals = i64::try_from(fraction.len()).unwrap_or(i64::MAX);
    let significant = significant.trim_start_matches('0');
    if significant.is_empty() {
        return Meaning::Number(false, String::new(), 0);
    }
    Meaning::Number(
        is_negative,
        significant.to_owned(),
        i64::from(exponent) - decimals + cut,
    )
}
