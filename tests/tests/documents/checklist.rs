//! docs/CHECKLIST.md: every row has a test, and every test that it names exists.

use std::{collections::HashMap, fs};

use ringpost_tests::stack::root;

/// A row: what it is about, and the tests that hold it.
struct Row {
    line: usize,
    rule: String,
    tests: Vec<String>,
}

fn rows() -> Vec<Row> {
    let text = fs::read_to_string(root().join("docs/CHECKLIST.md")).unwrap();
    let mut is_head = true;
    let mut rows = Vec::new();
    for (line, text) in text.lines().enumerate() {
        let Some(cells) = text
            .strip_prefix("| ")
            .and_then(|text| text.strip_suffix(" |"))
        else {
            is_head = true;
            continue;
        };
        // The head of a table and the rule below it.
        if is_head || cells.starts_with("---") {
            is_head = false;
            continue;
        }
        let (rule, tests) = cells.rsplit_once(" | ").unwrap_or((cells, ""));
        let tests = tests
            .split('`')
            .filter(|part| !part.trim().is_empty())
            .map(str::to_owned);
        rows.push(Row {
            line: line + 1,
            rule: rule.to_owned(),
            tests: tests.collect(),
        });
    }
    rows
}

/// Where a test is, by the prefix of its name.
fn path(test: &str) -> Option<(String, &str)> {
    let (kind, rest) = test.split_once(':')?;
    let (file, name) = rest.split_once("::")?;
    let folder = match kind {
        "lib" => room_of("lib/tests/suite", file)?,
        "e2e" => room_of("tests/tests", file)?,
        "unit" => "lib/src".to_owned(),
        _ => return None,
    };
    Some((format!("{folder}/{file}.rs"), name))
}

/// The folder within `suite` that has this file.
fn room_of(suite: &str, file: &str) -> Option<String> {
    let rooms = fs::read_dir(root().join(suite)).unwrap();
    let mut rooms = rooms.map(|room| room.unwrap().path());
    let room = rooms.find(|room| room.join(format!("{file}.rs")).exists())?;
    Some(format!(
        "{suite}/{}",
        room.file_name().unwrap().to_string_lossy()
    ))
}

/// The names of the functions of a file that are tests: with an attribute of their own, or in `proptest!`.
fn tests(file: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(file)).unwrap_or_default();
    let mut is_test = false;
    let mut names = Vec::new();
    for line in text.lines().map(str::trim) {
        let signature = line.strip_prefix("async ").unwrap_or(line);
        if let Some(signature) = signature.strip_prefix("fn ") {
            names.extend(
                signature
                    .split('(')
                    .next()
                    .filter(|_| is_test)
                    .map(str::to_owned),
            );
            is_test = false;
        } else if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        }
    }
    names
}

#[test]
fn every_row_names_tests_and_every_test_exists() {
    let mut known: HashMap<String, Vec<String>> = HashMap::new();
    let mut faults = Vec::new();
    for row in rows() {
        if row.tests.is_empty() {
            faults.push(format!("line {}: nothing holds: {}", row.line, row.rule));
        }
        for test in &row.tests {
            let Some((file, name)) = path(test) else {
                faults.push(format!("line {}: {test} is no test's name", row.line));
                continue;
            };
            let names = known.entry(file.clone()).or_insert_with(|| tests(&file));
            if !names.iter().any(|known| known == name) {
                faults.push(format!("line {}: {file} has no test {name}", row.line));
            }
        }
    }
    assert!(
        faults.is_empty(),
        "docs/CHECKLIST.md\n{}",
        faults.join("\n")
    );
}

#[test]
fn no_row_is_there_twice_and_none_was_lost() {
    let rows = rows();
    assert!(rows.len() >= 250, "{} rows", rows.len());
    let text = fs::read_to_string(root().join("docs/CHECKLIST.md")).unwrap();
    for section in text.split("\n#").filter(|section| section.contains("\n| ")) {
        let mut rules: Vec<&str> = section
            .lines()
            .filter(|line| line.starts_with("| "))
            .collect();
        let all = rules.len();
        rules.sort_unstable();
        rules.dedup();
        assert_eq!(rules.len(), all, "{}", section.lines().next().unwrap());
    }
}
