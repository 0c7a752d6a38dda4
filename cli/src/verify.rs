//! `verify`: why a received webhook is not accepted.
//!
//! The official `standardwebhooks` library makes the signature that should be there. This module says what is different:
//! the time, the id, the secret or the bytes.

use std::{fs, path::PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use clap::Args;
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::{
    clock::{now, parse_moment, rfc3339},
    failure::Failure,
    output::Output,
};

/// How old or early a request may be; the libraries have the same limit.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);
const ID: &str = "webhook-id";
const TIME: &str = "webhook-timestamp";
const SIGNATURE: &str = "webhook-signature";

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The secret: whsec_…, or text of your own; @FILE reads it from a file
    #[arg(long)]
    secret: String,
    /// The headers: `name: value` lines or a JSON object; @FILE reads them from a file
    #[arg(long)]
    headers: String,
    /// The body as it was received, byte for byte; @FILE reads it from a file
    #[arg(long)]
    body: String,
    /// When it was received: a time, or a length of time before now; by default now
    #[arg(long, value_parser = parse_moment)]
    at: Option<Timestamp>,
}

/// Runs `verify`.
pub(crate) fn run(verify: &Verify, output: Output) -> Result<(), Failure> {
    let secret = String::from_utf8_lossy(&content(&verify.secret)?).into_owned();
    let headers = read_headers(&String::from_utf8_lossy(&content(&verify.headers)?))?;
    let body = content(&verify.body)?;
    let found = examine(&secret, &headers, &body, verify.at.unwrap_or_else(now));
    let record = match &found {
        Ok(()) => json!({ "valid": true }),
        Err(fault) => {
            json!({ "valid": false, "fails": fault.part, "reason": fault.reason, "advice": fault.advice })
        }
    };
    output.record(&record, || match &found {
        Ok(()) => "✓ The signature is valid, and the time is recent.".to_owned(),
        Err(fault) => format!("✗ What fails: {}.", fault.part),
    });
    found.map_err(|fault| Failure::refused(fault.reason, fault.advice))
}

/// A text, or the content of the file that `@FILE` names.
fn content(argument: &str) -> Result<Vec<u8>, Failure> {
    match argument.strip_prefix('@') {
        Some(path) => {
            fs::read(path).map_err(|error| Failure::of_file(&PathBuf::from(path), &error))
        }
        None => Ok(argument.as_bytes().to_vec()),
    }
}

/// Headers as `curl -v`, a log or a framework shows them. A status line and lines that are no headers are ignored.
fn read_headers(text: &str) -> Result<HeaderMap, Failure> {
    let pairs: Vec<(String, String)> = match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(fields)) => {
            let first = |value: &Value| value.get(0).unwrap_or(value).as_str().map(str::to_owned);
            fields
                .iter()
                .filter_map(|(name, value)| Some((name.clone(), first(value)?)))
                .collect()
        }
        _ => {
            let lines = text
                .lines()
                .map(|line| line.trim_start_matches(['<', '>', ' ']));
            lines
                .filter_map(|line| line.split_once(':'))
                .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
                .collect()
        }
    };
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&value)) {
            headers.append(name, value);
        }
    }
    if headers.is_empty() {
        return Err(Failure::usage(
            "There are no headers.",
            "Write a line `name: value` for each of them.",
        ));
    }
    Ok(headers)
}

/// What is wrong with a request.
#[derive(Debug)]
struct Fault {
    /// `time`, `id`, `signature header`, `secret` or `bytes`.
    part: &'static str,
    reason: String,
    advice: &'static str,
}

impl Fault {
    fn new(part: &'static str, reason: impl Into<String>, advice: &'static str) -> Self {
        Self {
            part,
            reason: reason.into(),
            advice,
        }
    }
}

fn examine(secret: &str, headers: &HeaderMap, body: &[u8], at: Timestamp) -> Result<(), Fault> {
    let header = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .filter(|value| !value.is_empty())
    };
    let copied =
        "Pass on all headers of the request; proxies and frameworks may rename or drop them.";
    header(ID).ok_or_else(|| Fault::new("id", "There is no webhook-id.", copied))?;
    let time =
        header(TIME).ok_or_else(|| Fault::new("time", "There is no webhook-timestamp.", copied))?;
    let time = time
        .parse()
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok());
    let time = time.ok_or_else(|| {
        Fault::new(
            "time",
            "webhook-timestamp is no number of seconds since 1970.",
            copied,
        )
    })?;
    let signatures = header(SIGNATURE)
        .ok_or_else(|| Fault::new("signature header", "There is no webhook-signature.", copied))?;
    if !signatures.split(' ').any(|each| each.starts_with("v1,")) {
        return Err(Fault::new(
            "signature header",
            "webhook-signature has no signature v1,….",
            copied,
        ));
    }
    let keys = keys(secret);
    if !keys
        .iter()
        .any(|key| key.is_right() && key.signed(headers, body))
    {
        return Err(unsigned(&keys, headers, body));
    }
    if at.duration_since(time).abs() > TOLERANCE {
        let reason = format!(
            "The signature is valid, but was made at {} and received at {}: more than five minutes apart.",
            rfc3339(time),
            rfc3339(at)
        );
        return Err(Fault::new(
            "time",
            reason,
            "Set the clock of the receiver. For an old request, say when it was received with --at.",
        ));
    }
    Ok(())
}

/// A key that a secret may mean.
struct Key {
    webhook: Webhook,
    mistake: &'static str,
}

impl Key {
    /// Whether Ringpost makes this key of the secret.
    fn is_right(&self) -> bool {
        self.mistake.is_empty()
    }

    /// Whether one of the signatures is that of this key over these bytes, whatever the time.
    fn signed(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        let header = |name: &str| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
        };
        let signed = header(TIME)
            .parse()
            .ok()
            .and_then(|time| self.webhook.sign(header(ID), time, body).ok());
        signed.is_some_and(|signed| header(SIGNATURE).split(' ').any(|each| each == signed))
    }
}

/// The key that Ringpost makes of this secret, then those that are made of it by mistake.
fn keys(secret: &str) -> Vec<Key> {
    let exact = secret.strip_prefix("v1,").unwrap_or(secret);
    let trimmed = exact.trim().trim_matches(['"', '\'']);
    let mut keys = Vec::new();
    let mut add = |bytes: Option<Vec<u8>>, mistake| {
        let webhook = bytes
            .filter(|bytes| !bytes.is_empty())
            .and_then(|bytes| Webhook::from_bytes(bytes).ok());
        keys.extend(webhook.map(|webhook| Key { webhook, mistake }));
    };
    add(of_text(exact), "");
    add(
        of_text(trimmed),
        "the secret has spaces, a line end or quotes around it",
    );
    add(
        Some(trimmed.as_bytes().to_vec()),
        "the secret was used as a text, and is base64 after whsec_",
    );
    add(
        STANDARD.decode(trimmed).ok(),
        "the secret is a text of your own, and was decoded from base64",
    );
    keys
}

/// As Ringpost reads a secret: base64 after `whsec_`, else the text itself.
fn of_text(secret: &str) -> Option<Vec<u8>> {
    match secret.strip_prefix("whsec_") {
        Some(encoded) => STANDARD.decode(encoded).ok(),
        None => Some(secret.as_bytes().to_vec()),
    }
}

/// Why no signature matches: another reading of the secret or of the bytes may.
fn unsigned(keys: &[Key], headers: &HeaderMap, body: &[u8]) -> Fault {
    let raw = "Verify the raw bytes, before any parsing or re-encoding.";
    let (right, mistaken): (Vec<&Key>, Vec<&Key>) = keys.iter().partition(|key| key.is_right());
    for key in mistaken {
        if key.signed(headers, body) {
            return Fault::new(
                "secret",
                format!("The signature matches if {}.", key.mistake),
                "Correct the secret in the receiver.",
            );
        }
    }
    if right.is_empty() {
        return Fault::new(
            "secret",
            "The secret is empty, or is not base64 after whsec_.",
            "Copy the secret again, or rotate it: `ringpost subscriptions rotate`.",
        );
    }
    for (mistake, bytes) in other_bytes(body) {
        if right.iter().any(|key| key.signed(headers, &bytes)) {
            return Fault::new("bytes", format!("The secret is right, but {mistake}."), raw);
        }
    }
    let announced = headers
        .get("content-length")
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if let Some(announced) = announced.filter(|announced| *announced != body.len()) {
        return Fault::new(
            "bytes",
            format!(
                "The body has {} bytes, and content-length is {announced}.",
                body.len()
            ),
            raw,
        );
    }
    Fault::new(
        "secret or bytes",
        "No reading of the secret and of the body matches webhook-signature.",
        "Compare the secret with that of the subscription (`ringpost subscriptions rotate` makes a new one), and verify the raw bytes. webhook-id and webhook-timestamp are signed too.",
    )
}

/// Bodies that receivers verify by mistake instead of what was signed.
fn other_bytes(body: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut bodies = vec![(
        "white space around the body was not signed",
        body.trim_ascii().to_vec(),
    )];
    if let Ok(text) = std::str::from_utf8(body) {
        bodies.push((
            "a byte order mark was added",
            text.trim_start_matches('\u{feff}').as_bytes().to_vec(),
        ));
        bodies.push((
            "its line ends were changed",
            text.replace("\r\n", "\n").into_bytes(),
        ));
    }
    if let Ok(parsed) = serde_json::from_slice::<&serde_json::value::RawValue>(body) {
        bodies.push((
            "the JSON was written anew with other white space",
            compact(parsed.get()),
        ));
    }
    bodies
}

/// JSON without the white space between its members, which keep their order.
fn compact(json: &str) -> Vec<u8> {
    let (mut inside, mut escaped) = (false, false);
    let keep = |c: &char| {
        let kept = inside || !c.is_ascii_whitespace();
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = inside,
            '"' => inside = !inside,
            _ => {}
        }
        kept
    };
    json.chars().filter(keep).collect::<String>().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const BODY: &[u8] = br#"{"type":"call.completed","data":{"note":"a \" b"}}"#;

    fn signed_by(secret: &[u8], body: &[u8], at: Timestamp) -> HeaderMap {
        let signature = Webhook::from_bytes(secret.to_vec())
            .unwrap()
            .sign("evt_1", at.as_second(), body)
            .unwrap();
        let text = format!(
            "webhook-id: evt_1\nwebhook-timestamp: {}\nwebhook-signature: v1,AAAA {signature}\n",
            at.as_second()
        );
        read_headers(&text).unwrap()
    }

    fn fails(secret: &str, headers: &HeaderMap, body: &[u8]) -> &'static str {
        examine(secret, headers, body, now()).map_or_else(|fault| fault.part, |()| "")
    }

    #[test]
    fn what_fails_is_named() {
        let key = of_text(SECRET).unwrap();
        let headers = signed_by(&key, BODY, now());
        assert_eq!(fails(SECRET, &headers, BODY), "");
        assert_eq!(fails(&format!("v1,{SECRET}"), &headers, BODY), "");
        assert_eq!(
            fails("whsec_AAAAAAAAAAAAAAAAAAAAAAAA", &headers, BODY),
            "secret or bytes"
        );
        assert_eq!(fails(&format!("{SECRET}\n"), &headers, BODY), "secret");
        assert_eq!(fails("whsec_*", &headers, BODY), "secret");
        assert_eq!(fails("", &headers, BODY), "secret");
        assert_eq!(fails(SECRET, &headers, b"{}"), "secret or bytes");
        for changed in [&b"\xef\xbb\xbf"[..], b"\n"] {
            assert_eq!(fails(SECRET, &headers, &[changed, BODY].concat()), "bytes");
        }
        let pretty = br#"{ "type": "call.completed", "data": { "note": "a \" b" } }"#;
        assert_eq!(fails(SECRET, &headers, pretty), "bytes");
        let old = signed_by(
            &key,
            BODY,
            now().checked_sub(SignedDuration::from_mins(6)).unwrap(),
        );
        assert_eq!(fails(SECRET, &old, BODY), "time");
        for (missing, part) in [(ID, "id"), (TIME, "time"), (SIGNATURE, "signature header")] {
            let mut headers = headers.clone();
            headers.remove(missing);
            assert_eq!(fails(SECRET, &headers, BODY), part);
        }
    }

    #[test]
    fn a_secret_that_was_read_in_another_way_is_named() {
        let as_text = signed_by(SECRET.as_bytes(), BODY, now());
        assert_eq!(fails(SECRET, &as_text, BODY), "secret");
        assert_eq!(
            fails(
                "webhooksecret123",
                &signed_by(b"webhooksecret123", BODY, now()),
                BODY
            ),
            ""
        );
        let decoded = STANDARD.decode("webhooksecret123").unwrap();
        assert_eq!(
            fails("webhooksecret123", &signed_by(&decoded, BODY, now()), BODY),
            "secret"
        );
    }

    #[test]
    fn headers_are_read_from_a_log_or_from_json() {
        let read = read_headers("POST / HTTP/1.1\n< Webhook-Id: evt_1\r\nx: a:b\n").unwrap();
        assert_eq!(
            (read[ID].as_bytes(), read["x"].as_bytes()),
            (&b"evt_1"[..], &b"a:b"[..])
        );
        let read = read_headers(r#"{"Webhook-Id": ["evt_1"], "n": 1}"#).unwrap();
        assert_eq!(read[ID], "evt_1");
        assert!(read_headers("nothing").is_err());
    }
}
