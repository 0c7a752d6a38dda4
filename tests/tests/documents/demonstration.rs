//! `make run` on a stack that runs: what it shows, whom it survives, and what it leaves.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use ringpost_tests::stack::{client, root, stack};
use serde_json::json;

/// Two screens of a terminal.
const SCREENS: usize = 60;

/// Ends with the test, however that ends.
struct Demonstration(Child);

impl Drop for Demonstration {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}

#[tokio::test]
async fn it_fits_two_screens_outlives_its_visitors_and_leaves_the_stack() {
    let stack = stack();
    let mut command = Command::new("python3");
    command
        .args(["-m", "local", "run"])
        .current_dir(root())
        .env_remove("VERBOSE")
        .stdout(Stdio::piped());
    let mut run = Demonstration(command.spawn().unwrap());
    let mut lines = BufReader::new(run.0.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let shown: Vec<String> = lines
        .by_ref()
        .take_while(|line| !line.starts_with("Ctrl-C"))
        .collect();
    let all = shown.join("\n");
    assert!(shown.len() < SCREENS, "{all}");
    for reported in [
        "→ 503",
        "✓ the official standardwebhooks library verified its signature",
        "at attempt 2",
    ] {
        assert!(all.contains(reported), "{reported} is missing:\n{all}");
    }

    let listens = shown
        .iter()
        .find_map(|line| line.split_once("posts call.completed to "))
        .unwrap()
        .1;
    let (endpoint, _) = listens.split_once(',').unwrap();
    for body in ["", "no JSON", r#"{"type":"call.completed"}"#] {
        let answer = client()
            .post(endpoint)
            .header("webhook-id", "evt_1")
            .body(body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 401, "{body}");
        // Deliveries of other tests' calls may come between.
        assert!(lines.any(|line| line.contains("did not sign")), "{body}");
    }
    assert!(run.0.try_wait().unwrap().is_none(), "it serves on");

    let ended = Command::new("kill")
        .arg(run.0.id().to_string())
        .status()
        .unwrap();
    assert!(ended.success() && run.0.wait().unwrap().success());
    let configs = client()
        .get(stack.url("/api/webhooks/config"))
        .bearer_auth(stack.value("RINGPOST_TOKEN"));
    let configs = stack.send(configs).await.body["webhooks"].clone();
    let left = configs
        .as_array()
        .unwrap()
        .iter()
        .filter(|config| config["name"] == "make run")
        .count();
    assert_eq!(left, 0, "its endpoint has ended, so has its subscription");
    let health = stack
        .send(client().get(stack.url("/api/webhooks/call_completed/health")))
        .await;
    assert_eq!(
        (health.status, &health.body["status"]),
        (200, &json!("healthy"))
    );
}
