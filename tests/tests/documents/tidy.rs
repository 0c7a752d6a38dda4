//! The invariants of docs/ARCHITECTURE.md, kept by reading the source.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use ringpost_tests::stack::root;

use crate::imports::{Imports, between_modules, circle};

fn rust_files(under: &str) -> Vec<(PathBuf, String)> {
    fn collect(folder: &Path, files: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push((
                    path.strip_prefix(root()).unwrap().to_owned(),
                    fs::read_to_string(&path).unwrap(),
                ));
            }
        }
    }
    let mut files = Vec::new();
    collect(&root().join(under), &mut files);
    assert!(!files.is_empty(), "{under} has no source");
    files
}

/// The files under `under` that mention any of `words`, except those whose path contains `allowed`.
fn mentions(under: &str, words: &[&str], allowed: &[&str]) -> Vec<String> {
    let files = rust_files(under).into_iter();
    let strangers = files.filter(|(path, _)| {
        !allowed
            .iter()
            .any(|part| path.to_string_lossy().contains(part))
    });
    let lines = strangers.flat_map(|(path, text)| {
        let guilty = |line: &&str| words.iter().any(|word| line.contains(word));
        let found: Vec<_> = text
            .lines()
            .filter(guilty)
            .map(|line| format!("{}: {line}", path.display()))
            .collect();
        found
    });
    lines.collect()
}

const NOTHING: [String; 0] = [];

#[test]
fn the_domain_has_no_io_and_no_clock() {
    let words = [
        "aws_",
        "tokio",
        "async ",
        "std::fs",
        "std::env",
        "std::net",
        "crate::clock",
        "crate::store",
    ];
    assert_eq!(mentions("lib/src/domain", &words, &[]), NOTHING);
}

#[test]
fn only_the_store_names_dynamodb_and_only_the_queue_names_sqs() {
    assert_eq!(
        mentions(
            "lib/src",
            &["aws_sdk_dynamodb::", "aws_sdk_dynamodb:"],
            &["store/", "aws.rs"]
        ),
        NOTHING
    );
    assert_eq!(mentions("lib/src", &["aws_sdk_sqs"], &["queue/"]), NOTHING);
    assert_eq!(mentions("functions/src", &["aws_sdk_"], &[]), NOTHING);
}

#[test]
fn only_crypto_names_what_hashes_signs_and_verifies() {
    let words = [
        "use ring::",
        "use hmac::",
        "use sha1::",
        "use sha2::",
        "use subtle::",
        "jsonwebtoken",
    ];
    assert_eq!(mentions("lib/src", &words, &["crypto/"]), NOTHING);
    let words = [
        "ring::digest",
        "ring::hmac",
        "ring::rand",
        "ring::signature",
    ];
    assert_eq!(mentions("lib/src", &words, &["crypto/"]), NOTHING);
    for name in ["hmac", "jsonwebtoken", "ring.", "sha1", "sha2", "subtle"] {
        let manifest = fs::read_to_string(root().join("functions/Cargo.toml")).unwrap();
        // What the build script uses is in no function.
        let (linked, _) = manifest.split_once("[build-dependencies]").unwrap();
        assert!(
            !linked.contains(&format!("\n{name}")),
            "functions/Cargo.toml has {name}"
        );
    }
}

#[test]
fn only_config_reads_the_environment_and_only_clock_reads_the_time() {
    assert_eq!(mentions("lib/src", &["env::var"], &["config.rs"]), NOTHING);
    assert_eq!(mentions("functions/src", &["env::var"], &[]), NOTHING);
    assert_eq!(
        mentions("cli/src", &["env::var"], &["variables.rs"]),
        NOTHING
    );
    assert_eq!(
        mentions(
            "lib/src",
            &["Timestamp::now", "SystemTime::now"],
            &["clock.rs"]
        ),
        NOTHING
    );
    for (crate_source, clocks) in [("functions/src", &[][..]), ("cli/src", &["clock.rs"])] {
        assert_eq!(
            mentions(crate_source, &["Timestamp::now", "SystemTime::now"], clocks),
            NOTHING
        );
    }
}

/// The imports between the modules of a crate.
fn imports(crate_source: &str) -> Imports {
    let files = rust_files(crate_source);
    between_modules(files.iter().map(|(path, text)| {
        let path = path.strip_prefix(crate_source).unwrap();
        (path, text.as_str())
    }))
}

/// The imports between the rooms of the library, which are the modules below its root.
fn rooms() -> BTreeMap<String, BTreeSet<String>> {
    let mut rooms: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (module, imported) in imports("lib/src") {
        let Some(room) = module.first() else { continue };
        let others = imported.iter().filter_map(|module| module.first());
        rooms
            .entry(room.clone())
            .or_default()
            .extend(others.filter(|other| *other != room).cloned());
    }
    rooms
}

#[test]
fn no_modules_import_one_another_in_a_circle() {
    for crate_source in ["lib/src", "functions/src", "cli/src"] {
        let imports = imports(crate_source);
        assert!(imports.values().any(|imported| !imported.is_empty()));
        assert_eq!(circle(&imports), None, "{crate_source}");
    }
}

#[test]
fn rooms_import_in_one_direction() {
    let rooms = rooms();
    let importers = |wanted: &str| {
        let importers = rooms
            .iter()
            .filter(|(_, imported)| imported.contains(wanted));
        importers.map(|(room, _)| room.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(importers("http"), [""; 0]);
    assert_eq!(rooms["domain"], BTreeSet::from(["crypto".to_owned()]));
    for use_case in ["admin", "delivery", "fan_out", "ingest", "queries", "sweep"] {
        assert!(rooms.contains_key(use_case), "{use_case} is no room");
        for room in ["store", "queue", "providers", "auth", "secrets"] {
            assert!(
                !importers(use_case).contains(&room),
                "{room} imports {use_case}"
            );
        }
    }
    assert!(!rooms["providers"].contains("store"));
    assert!(!rooms["providers"].contains("queue"));
}

#[test]
fn the_library_knows_nothing_of_lambda() {
    let manifest = fs::read_to_string(root().join("lib/Cargo.toml")).unwrap();
    assert!(!manifest.contains("lambda"));
}

#[test]
fn the_command_line_links_neither_the_library_nor_aws() {
    let manifest = fs::read_to_string(root().join("cli/Cargo.toml")).unwrap();
    let (linked, _) = manifest.split_once("[dev-dependencies]").unwrap();
    for name in ["\nringpost", "\naws", "\nlambda"] {
        assert!(!linked.contains(name), "cli/Cargo.toml has {name:?}");
    }
}

#[test]
fn nothing_in_production_knows_that_it_is_tested() {
    let words = ["cfg!(test)", "not(test)", "mock", "Mock"];
    assert_eq!(mentions("lib/src", &words, &[]), NOTHING);
    assert_eq!(mentions("functions/src", &words, &[]), NOTHING);
    assert_eq!(mentions("cli/src", &words, &[]), NOTHING);
}

#[test]
fn no_module_is_a_drawer_and_no_file_is_long() {
    for folder in ["lib", "functions", "tests", "cli"] {
        for (path, text) in rust_files(folder) {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            assert!(
                !["utils", "util", "common", "helpers", "misc"].contains(&name.as_str()),
                "{path:?}"
            );
            assert!(
                text.lines().count() <= 500,
                "{path:?} has {} lines",
                text.lines().count()
            );
            assert!(
                text.starts_with("//!"),
                "{path:?} does not say what it is for"
            );
        }
    }
}

#[test]
fn binaries_template_and_sample_events_name_the_same_functions() {
    let manifest = fs::read_to_string(root().join("functions/Cargo.toml")).unwrap();
    let bins: BTreeSet<String> = values(&manifest, "name = \"", "\"").skip(1).collect();
    let template = fs::read_to_string(root().join("template.yaml")).unwrap();
    let built: BTreeSet<String> = values(&template, "Binary: ", "\n")
        .map(|bin| bin.replace('}', ""))
        .collect();
    assert_eq!(bins, built, "functions/Cargo.toml and template.yaml");
    for bin in &bins {
        let resource: String = bin.split('-').map(capitalised).collect();
        let declared = format!("\n  {resource}:\n    Type: AWS::Serverless::Function\n");
        assert!(
            template.contains(&declared),
            "template.yaml has no function {resource}"
        );
        assert!(
            root().join(format!("events/{bin}.json")).exists(),
            "events/{bin}.json is missing"
        );
    }
}

fn values<'a>(text: &'a str, before: &'a str, after: &'a str) -> impl Iterator<Item = String> + 'a {
    let parts = text.split(before).skip(1);
    parts
        .filter_map(move |part| part.split_once(after))
        .map(|(value, _)| value.trim().to_owned())
}

fn capitalised(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}
