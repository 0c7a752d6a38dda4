//! A record of the writes right before and right after which a process was killed. `make test` compares
//! it with the writes that the roles in template.yaml allow (checks/crash_points.py): a new write fails
//! until a test kills the process there.

use std::{
    fs::{self, OpenOptions},
    io::Write,
};

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use serde_json::{Value, json};

use crate::{faults::Cut, stack::root};

/// Adds a line to the record of this test run, one file for each process.
pub(crate) fn record(function: &str, cut: Cut, request: &HttpRequest) {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    let operation = target.split('.').next_back().unwrap_or_default();
    let body = request.body().bytes().unwrap_or_default();
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let line = json!({
        "function": function,
        "when": if cut == Cut::Before { "before" } else { "after" },
        "operation": operation,
        "resource": resource(&body),
    });
    let folder = root().join("target/crash-points");
    fs::create_dir_all(&folder).expect("a folder can be made");
    let path = folder.join(format!("{}.jsonl", std::process::id()));
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .expect("the record can be opened");
    // One write, because tests of this process run side by side.
    file.write_all(format!("{line}\n").as_bytes())
        .expect("the record can be written");
}

/// The table or queue, without what makes its name a test's own.
fn resource(body: &Value) -> &str {
    let table = body["TableName"].as_str();
    let queue = body["QueueUrl"].as_str();
    let queue = queue.and_then(|url| url.split('/').next_back());
    let name = table.or(queue).unwrap_or_default();
    name.split_once('-').map_or(name, |(_, name)| name)
}
