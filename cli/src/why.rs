//! The explanation of a call as a text: the sentence, the claims, and who was informed.

use serde_json::Value;

use crate::{
    output::{Rows, printable},
    reading::{at, joined, list, text},
};

/// The report of an explanation, in the words of the API.
pub(crate) fn report(explanation: &Value) -> String {
    let get = |name| printable(&text(explanation, name));
    let outcome = Some(get("outcome")).filter(|outcome| !outcome.is_empty());
    let mut parts = vec![format!(
        "Call {}: {}, {} (rule {})\n{}",
        get("callId"),
        get("status"),
        outcome.as_deref().unwrap_or("without an outcome"),
        get("rule"),
        get("sentence"),
    )];
    let (repeated, telling): (Vec<_>, Vec<_>) = list(explanation, "claims")
        .iter()
        .partition(|claim| text(claim, "lostBecause") == "repeated");
    if !telling.is_empty() {
        parts.push(claims(&telling).to_string());
    }
    if !repeated.is_empty() {
        let count = repeated.len();
        parts.push(format!(
            "{count} claims that repeat another one are left out; --json has them."
        ));
    }
    if !list(explanation, "announcements").is_empty() {
        parts.push(announcements(list(explanation, "announcements")).to_string());
    }
    if !list(explanation, "absorbed").is_empty() {
        parts.push(format!(
            "Records that were united with this call: {}",
            printable(&joined(explanation, "absorbed"))
        ));
    }
    if at(explanation, "complete") == &Value::Bool(false) {
        parts.push("Not complete: some events have expired, or the call has too many.".to_owned());
    }
    parts
        .iter()
        .map(|part| part.trim_end())
        .collect::<Vec<_>>()
        .join("\n\n")
}

fn claims(claims: &[&Value]) -> Rows {
    let mut rows = Rows::new(["FACT", "VALUE", "SOURCE", "RANK", "OCCURRED", "EVENT", ""]);
    for claim in claims {
        let result = if at(claim, "won") == &Value::Bool(true) {
            "✓ won".to_owned()
        } else {
            format!("lost: {}", text(claim, "lostBecause").replace('_', " "))
        };
        let cells = ["fact", "value", "source", "rank", "occurredAt", "eventType"]
            .map(|name| text(claim, name));
        rows.push(cells.into_iter().chain([result]));
    }
    rows
}

/// A row for each delivery of each announcement; one for an announcement that nobody subscribed to.
fn announcements(announcements: &[Value]) -> Rows {
    let mut rows = Rows::new([
        "ANNOUNCED",
        "AT",
        "WEBHOOK-ID",
        "TO",
        "DELIVERY",
        "ATTEMPTS",
        "ANSWER",
    ]);
    for announcement in announcements {
        let head = ["eventType", "at", "messageId"].map(|name| text(announcement, name));
        let deliveries = list(announcement, "deliveries");
        if deliveries.is_empty() {
            let to = if at(announcement, "deliveries").is_null() {
                ""
            } else {
                "no subscription"
            };
            rows.push(head.clone().into_iter().chain([to.to_owned()]));
        }
        for delivery in deliveries {
            let to = format!(
                "{} {}",
                text(delivery, "webhookConfigId"),
                text(delivery, "name")
            );
            let rest = ["status", "attempts", "responseStatus"].map(|name| text(delivery, name));
            rows.push(head.clone().into_iter().chain([to]).chain(rest));
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_report_has_the_sentence_the_claims_and_the_deliveries() {
        let report = report(&json!({
            "success": true, "callId": "75de", "status": "ended", "outcome": "busy", "rule": "reason_busy",
            "sentence": "SignalWire reported busy (rank 3).",
            "claims": [
                { "fact": "outcome", "value": "busy", "source": "signalwire", "rank": 3, "won": true,
                  "occurredAt": "2026-01-02T00:00:00.000Z", "eventType": "call.completed" },
                { "fact": "outcome", "value": "failed", "source": "elevenlabs", "rank": 2, "won": false,
                  "lostBecause": "lower_rank", "occurredAt": "2026-01-02T00:00:01.000Z", "eventType": "call.failed" }
            ],
            "announcements": [
                { "eventType": "call.completed", "messageId": "evt_1", "at": "2026-01-02T00:00:02.000Z",
                  "deliveries": [{ "id": 7, "webhookConfigId": 1, "name": "CRM", "status": "delivered", "attempts": 2, "responseStatus": 200 }] },
                { "eventType": "call.created", "messageId": "evt_2", "at": "2026-01-02T00:00:00.000Z", "deliveries": [] }
            ],
            "absorbed": ["5b0b"], "complete": false
        }));
        let lines: Vec<String> = report
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        for expected in [
            "Call 75de: ended, busy (rule reason_busy)",
            "SignalWire reported busy (rank 3).",
            "outcome busy signalwire 3 2026-01-02T00:00:00.000Z call.completed ✓ won",
            "outcome failed elevenlabs 2 2026-01-02T00:00:01.000Z call.failed lost: lower rank",
            "call.completed 2026-01-02T00:00:02.000Z evt_1 1 CRM delivered 2 200",
            "call.created 2026-01-02T00:00:00.000Z evt_2 no subscription",
            "Records that were united with this call: 5b0b",
            "Not complete: some events have expired, or the call has too many.",
        ] {
            assert!(
                lines.iter().any(|line| line == expected),
                "{expected}\n{report}"
            );
        }
    }

    #[test]
    fn a_text_of_a_payload_does_not_steer_the_terminal() {
        let report =
            report(&json!({ "sentence": "\u{1b}[2Jgone", "claims": [{ "value": "\u{7}x\ny" }] }));
        assert!(
            !report.contains('\u{1b}') && !report.contains('\u{7}') && !report.contains("x\ny")
        );
    }
}
