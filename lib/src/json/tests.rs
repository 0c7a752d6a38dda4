//! What the reader of JSON promises, by tables and by properties.

use proptest::prelude::*;
use serde_json::json;

use super::{readable::MAX_DEPTH, *};

fn string(json: &str) -> String {
    let body = format!(r#"{{"x":{json}}}"#);
    Object::parse(&body)
        .unwrap()
        .get("x")
        .string()
        .unwrap()
        .into_owned()
}

#[test]
fn every_escape_of_the_grammar_is_read_and_half_a_character_is_replaced() {
    for (json, text) in [
        (r#""plain ä 😀""#, "plain ä 😀"),
        (r#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
        (r#""\u00e4\u0000\u005C""#, "ä\0\\"),
        (r#""\ud83d\ude00""#, "😀"),
        (r#""\uD83D\uDE00!""#, "😀!"),
        (r#""\ud83d""#, "\u{fffd}"),
        (r#""cut \ud83d""#, "cut \u{fffd}"),
        (r#""\ude00 cut""#, "\u{fffd} cut"),
        (r#""\ude00\ud83d""#, "\u{fffd}\u{fffd}"),
        (r#""\ud83d\u0041""#, "\u{fffd}A"),
        (r#""\ud83dA""#, "\u{fffd}A"),
        (r#""\ud83d\n""#, "\u{fffd}\n"),
        (r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
        (r#""\\ud83d""#, "\\ud83d"),
        (r#""\\\ud83d""#, "\\\u{fffd}"),
        (r#""\\\\ud83d\u0022""#, "\\\\ud83d\""),
    ] {
        assert_eq!(string(json), text, "{json}");
        let shown = shown(json);
        assert_eq!(
            serde_json::from_str::<String>(&shown).unwrap(),
            text,
            "{json} as {shown}"
        );
    }
    assert_eq!(
        shown(r#""\u00e4\ud83d\ude00""#),
        r#""\u00e4\ud83d\ude00""#,
        "left as it was written"
    );
}

#[test]
fn a_value_is_what_it_was_written_as_and_nothing_else() {
    let body = r#" {"s":"7","n": 12345678901234567890123 ,"big":1e400,"f":-1.10,"t":true,"no":null,"o":{"a":[1, {}]},
        "l":[1,"x"],"empty":"","none":[ ],"some":{ "a":1},"\u0061b\ud83d":1,"twice":1,"twice":2} "#;
    let object = Object::parse(body).unwrap();
    let get = |name| object.get(name);
    assert_eq!(
        get("n").scalar().as_deref(),
        Some("12345678901234567890123")
    );
    assert_eq!(
        (get("big").number(), get("f").number()),
        (Some("1e400"), Some("-1.10"))
    );
    assert_eq!(
        (get("s").number(), get("s").scalar().as_deref()),
        (None, Some("7"))
    );
    assert_eq!(
        (get("t").bool(), get("s").bool(), get("t").scalar()),
        (Some(true), None, None)
    );
    assert!(get("no").is_null() && get("absent").is_null() && !get("empty").is_null());
    assert_eq!(
        (get("empty").scalar(), get("empty").string().as_deref()),
        (None, Some(""))
    );
    assert!(get("o").is_object() && get("o").object().get("a").list()[1].is_object());
    assert!(
        !get("l").is_object() && get("l").object().get("a").is_null() && get("o").list().is_empty()
    );
    assert_eq!(get("l").list().len(), 2);
    assert_eq!(
        ["o", "l", "some"].map(|name| get(name).has_content()),
        [true; 3]
    );
    assert_eq!(
        ["none", "no", "s", "n"].map(|name| get(name).has_content()),
        [false; 4]
    );
    assert_eq!(
        get("ab\u{fffd}").number(),
        Some("1"),
        "a name is read like any text"
    );
    assert_eq!(get("twice").number(), Some("2"), "the last one counts");
    assert_eq!(
        object.first(&["absent", "empty", "t", "s"]).as_deref(),
        Some("7")
    );
}

#[test]
fn json_in_a_string_is_unwrapped() {
    let body = r#"{"a":"{\"b\":1}","c":{"b":2},"d":"no JSON"}"#;
    let object = Object::parse(body).unwrap();
    let b = |name: &str| {
        let text = object.get(name).unwrapped();
        Object::parse(&text)
            .map(|inner| inner.get("b").as_written().to_owned())
            .ok()
    };
    assert_eq!(
        (b("a").as_deref(), b("c").as_deref(), b("d")),
        (Some("1"), Some("2"), None)
    );
}

#[test]
fn json_that_is_no_object_differs_from_what_is_no_json() {
    for body in [
        "[]",
        "[{}]",
        "null",
        "true",
        "42",
        "\"text\"",
        "1e400",
        "\"\\ud83d\"",
        " \n[1] ",
    ] {
        assert_eq!(
            Object::parse(body).err(),
            Some(Fault::NotAnObject),
            "{body}"
        );
    }
    for body in [
        "",
        " ",
        "{",
        "[",
        "{}{}",
        "{} x",
        "NaN",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{'a':1}",
        "{\"a\":01}",
        "{\"a\":1,}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\ud83\"}",
        "{\"a\":\"\n\"}",
        "{a:1}",
        "[1,",
        "\u{feff}{}",
        "{\"a\":.5}",
    ] {
        assert!(
            matches!(Object::parse(body), Err(Fault::NotJson { .. })),
            "{body}"
        );
        assert!(matches!(
            value(body.trim_start_matches('\u{feff}').as_bytes()),
            Err(Fault::NotJson { .. }) | Ok(_)
        ));
    }
    assert_eq!(
        Object::parse("{\"id\":\n  oops}").err(),
        Some(Fault::NotJson { line: 2, column: 3 })
    );
}

#[test]
fn a_mark_is_dropped_and_what_is_no_utf8_is_replaced() {
    assert_eq!(text(b"\xef\xbb\xbf{}"), "{}");
    let text = text(b"{\"name\":\"Jos\xe9\"}");
    assert_eq!(
        Object::parse(&text)
            .unwrap()
            .get("name")
            .string()
            .as_deref(),
        Some("Jos\u{fffd}")
    );
    assert_eq!(
        value(b"\xef\xbb\xbf{\"a\":\"\\ud83d\"}").unwrap(),
        json!({ "a": "\u{fffd}" })
    );
    assert!(value(b"\xff\xfe").is_err());
}

#[test]
fn any_depth_is_read_and_a_hundred_levels_are_shown() {
    let nested = |levels: usize| {
        format!(
            "{}1{}",
            r#"{"a":["#.repeat(levels / 2),
            "]}".repeat(levels / 2)
        )
    };
    let deep = format!(r#"{{"deep":{},"b":1}}"#, nested(200_000));
    let object = Object::parse(&deep).unwrap();
    assert_eq!(object.get("b").number(), Some("1"));
    assert!(is_deep(&deep) && !is_deep(&nested(MAX_DEPTH)));
    assert_eq!(shown(&nested(MAX_DEPTH)), nested(MAX_DEPTH));
    let cut = nested(MAX_DEPTH).replace('1', "null");
    assert_eq!(shown(&nested(MAX_DEPTH + 2)), cut);
    assert_eq!(value(deep.as_bytes()).unwrap()["b"], 1);
    assert_eq!(
        shown(&format!(r#"[{},2]"#, nested(102)))
            .matches("null")
            .count(),
        1
    );
}

#[test]
fn numbers_are_shown_as_they_were_written_unless_no_double_holds_them() {
    let json = r#"{"a":[12345678901234567890123,1E2, 1.10 ,-0,1e-400,1e400,-1e999],"b":"1e400"}"#;
    let expected =
        r#"{"a":[12345678901234567890123,1E2, 1.10 ,-0,1e-400,"1e400","-1e999"],"b":"1e400"}"#;
    assert_eq!(shown(json), expected);
    assert_eq!(posted(json), json);
    assert_eq!(
        compact("{ \"a b\" : [ 1 ,\n\"\\\" \" ] }"),
        r#"{"a b":[1,"\" "]}"#
    );
}

#[test]
fn the_same_may_be_written_differently() {
    let parse = |text: &str| {
        let body = format!(r#"{{"x":{text}}}"#);
        let body: &'static str = Box::leak(body.into_boxed_str());
        Object::parse(body).unwrap().get("x")
    };
    for (one, other) in [
        ("1", "1.0"),
        ("1", "10e-1"),
        ("100", "1E2"),
        ("0.10", "1e-1"),
        ("-0.0", "0"),
        ("12345678901234567890123", "12345678901234567890123.0"),
        (r#"{"a":1,"b":[2]}"#, r#"{ "b":[2.0], "a":1 }"#),
        (r#"{"a":1,"a":2}"#, r#"{"a":2}"#),
        (r#""\u00e4\/""#, r#""ä/""#),
    ] {
        assert!(same(parse(one), parse(other)), "{one} {other}");
    }
    for (one, other) in [
        ("1", "2"),
        ("1", "-1"),
        ("1", "10"),
        ("0.1", "0.01"),
        ("1", "\"1\""),
        ("12345678901234567890123", "12345678901234567890124"),
        ("null", "false"),
        ("[]", "{}"),
        ("[1,2]", "[2,1]"),
        ("{}", r#"{"a":null}"#),
        ("1e99999999999999999999", "1e99999999999999999998"),
    ] {
        assert!(!same(parse(one), parse(other)), "{one} {other}");
    }
}

fn any_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("1e400".to_owned()),
        Just(r#""\ud83d""#.to_owned()),
        any::<bool>().prop_map(|word| word.to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,9})?([eE][+-]?[0-9]{1,4})?",
        any::<String>().prop_map(|text| json!(text).to_string()),
        r#""([a-z ]|\\\\|\\"|\\n|\\u[0-9a-f]{4}|\\ud[89a-f][0-9a-f]{2}){0,8}""#,
    ];
    leaf.prop_recursive(6, 40, 5, |inner| {
        let name = r#"([a-c]|\\u[0-9a-f]{4}|\\ud[89a-f][0-9a-f]{2}){0,3}"#;
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5)
                .prop_map(|values| format!("[{}]", values.join(" ,"))),
            prop::collection::vec((name, inner), 0..5).prop_map(|members| {
                let members: Vec<_> = members
                    .iter()
                    .map(|(name, value)| format!("\"{name}\" :{value}"))
                    .collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_json_is_read_and_shown_as_what_a_strict_parser_reads(json in any_json()) {
        let body = format!(r#"{{"x":{json},"y":7}}"#);
        let object = Object::parse(&body).unwrap();
        prop_assert_eq!(object.get("x").as_written(), json.trim());
        prop_assert_eq!(object.get("y").number(), Some("7"));
        let shown = shown(&json);
        let strict: Value = serde_json::from_str(&shown).unwrap();
        prop_assert_eq!(&readable::shown(&shown), &shown);
        prop_assert_eq!(value(json.as_bytes()).unwrap(), strict.clone());
        prop_assert_eq!(serde_json::from_str::<Value>(&compact(&shown)).unwrap(), strict);
        prop_assert!(same(object.get("x"), object.get("x")));
        prop_assert!(serde_json::from_str::<IgnoredAny>(&posted(&json)).is_ok());
    }

    #[test]
    fn a_string_is_read_as_serde_reads_it(text: String) {
        prop_assert_eq!(string(&json!(&text).to_string()), text);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        let text = text(&bytes);
        let _ = (Object::parse(&text).is_ok(), value(&bytes).is_ok(), shown(&text), compact(&text), is_deep(&text));
    }
}

#[test]
fn two_bodies_mean_the_same_only_if_both_are_json() {
    for (one, other, same) in [
        (
            r#"{"a":1,"b":[true]}"#,
            r#" {"b": [true], "a": 1.0} "#,
            true,
        ),
        (r#"{"a":1}"#, r#"{"a":2}"#, false),
        ("x", "x", false),
        ("{}", "x", false),
        ("x", "{}", false),
    ] {
        let found = same_bodies(one.as_bytes(), other.as_bytes());
        assert_eq!(found, same, "{one} {other}");
    }
}

#[test]
fn only_the_two_words_are_truth_values() {
    let text = r#"{"yes":true,"no":false,"text":"false","number":0}"#;
    let object = Object::parse(text).unwrap();
    let found = ["yes", "no", "text", "number", "missing"].map(|name| object.get(name).bool());
    assert_eq!(found, [Some(true), Some(false), None, None, None]);
}
