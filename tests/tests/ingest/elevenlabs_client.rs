//! The client of ElevenLabs' API, against a server that plays it; no cloud is needed.

use std::time::{Duration, Instant};

use ringpost::{
    domain::timestamp::Timestamp,
    providers::elevenlabs::client::{
        ApiKey, ConversationApi, ConversationApiError, ConversationId, Timeouts,
    },
};
use ringpost_tests::elevenlabs_api::{ElevenLabsApi, Reply, conversation};

const KEY: &str = "sk_test";
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_millis(500),
    total: Duration::from_millis(500),
};

fn client(url: &str) -> ConversationApi {
    ConversationApi::new(url.to_owned(), TIMEOUTS).unwrap()
}

async fn ask(api: &ElevenLabsApi, key: &str, id: &str) -> Result<String, ConversationApiError> {
    let (key, id) = (
        ApiKey::parse(key).unwrap(),
        ConversationId::parse(id).unwrap(),
    );
    let answer = client(api.url()).conversation(&key, &id).await;
    answer.map(|answer| {
        String::from_utf8(answer.into_event(Timestamp::EPOCH).payload.to_vec()).unwrap()
    })
}

#[tokio::test]
async fn a_conversation_comes_byte_for_byte() {
    let api = ElevenLabsApi::start(KEY);
    let mut body = conversation("conv_1", "CA1", "agent_1", "done");
    body["transcript"][0]["message"] = "Où est ma commande? ".repeat(250_000).into();
    let body = format!(" {body}\n");
    assert!(body.len() > 5_000_000);
    api.play("conv_1", Reply::With(200, body.clone()));
    assert_eq!(ask(&api, KEY, "conv_1").await, Ok(body));
    assert_eq!(api.requests(), ["/v1/convai/conversations/conv_1"]);
}

#[tokio::test]
async fn every_refusal_is_distinguished() {
    let api = ElevenLabsApi::start(KEY);
    assert_eq!(
        ask(&api, "sk_other", "conv_1").await,
        Err(ConversationApiError::Refused(401))
    );
    assert_eq!(
        ask(&api, KEY, "conv_unknown").await,
        Err(ConversationApiError::NotFound(404))
    );
    for (status, error) in [
        (403, ConversationApiError::Refused(403)),
        (422, ConversationApiError::NotFound(422)),
        (429, ConversationApiError::Unavailable(429)),
        (500, ConversationApiError::Unavailable(500)),
        (503, ConversationApiError::Unavailable(503)),
        (418, ConversationApiError::Unusable("unexpected status")),
    ] {
        api.play("conv_1", Reply::With(status, "secret body".to_owned()));
        let answer = ask(&api, KEY, "conv_1").await;
        assert_eq!(answer, Err(error));
        assert!(!error.to_string().contains("secret"));
    }
    for body in [
        "",
        "<html>",
        "{}",
        &conversation("conv_2", "CA1", "agent_1", "done").to_string(),
    ] {
        api.play("conv_1", Reply::With(200, body.to_owned()));
        assert!(
            matches!(
                ask(&api, KEY, "conv_1").await,
                Err(ConversationApiError::Unusable(_))
            ),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_slow_an_absent_and_an_endless_server_are_given_up() {
    let api = ElevenLabsApi::start(KEY);
    api.play("conv_slow", Reply::After(Duration::from_secs(5)));
    let started = Instant::now();
    assert_eq!(
        ask(&api, KEY, "conv_slow").await,
        Err(ConversationApiError::Unreachable("timeout"))
    );
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );
    api.play("conv_endless", Reply::Endless);
    let endless = ask(&api, KEY, "conv_endless").await;
    let given_up = [
        ConversationApiError::Unusable("more than 8 MiB"),
        ConversationApiError::Unreachable("timeout"),
    ];
    assert!(
        given_up.iter().any(|error| endless == Err(*error)),
        "{endless:?}"
    );
    let (key, id) = (
        ApiKey::parse(KEY).unwrap(),
        ConversationId::parse("conv_1").unwrap(),
    );
    let absent = client("http://127.0.0.1:1")
        .conversation(&key, &id)
        .await
        .err();
    assert_eq!(
        absent,
        Some(ConversationApiError::Unreachable("no connection"))
    );
}

#[tokio::test]
async fn the_key_follows_no_redirect() {
    let (api, elsewhere) = (ElevenLabsApi::start(KEY), ElevenLabsApi::start(KEY));
    api.play(
        "conv_1",
        Reply::Redirect(format!(
            "{}/v1/convai/conversations/conv_1",
            elsewhere.url()
        )),
    );
    assert_eq!(
        ask(&api, KEY, "conv_1").await,
        Err(ConversationApiError::Unusable("unexpected status"))
    );
    assert!(elsewhere.requests().is_empty());
}
