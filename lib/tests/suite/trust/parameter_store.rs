//! Secrets are read by a signed request, which is repeated while the service is overloaded and only then.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

use ringpost::{
    aws,
    clock::Clock,
    config::Environment,
    secrets::{Samples, Secrets, Source},
};

const FOUND: &str =
    r#"{"Parameters":[{"Name":"/ringpost/dev/keys","Value":"a secret"}],"InvalidParameters":[]}"#;
const THROTTLED: &str =
    r#"{"__type":"com.amazonaws.ssm#ThrottlingException","message":"Rate exceeded"}"#;
const FORBIDDEN: &str = r#"{"__type":"AccessDeniedException","message":"not authorized"}"#;

/// The head and the body of a request, which gets this answer on a connection of its own. `None` when the
/// connection brings no request: nobody asks any more.
fn answer(mut connection: TcpStream, (status, body): (u16, &str)) -> Option<(String, String)> {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).unwrap() == 0 {
            return None;
        }
    }
    let head = head.to_lowercase();
    let (_, length) = head.split_once("content-length: ").unwrap();
    let length = length.split("\r\n").next().unwrap().parse().unwrap();
    let mut sent = vec![0; length];
    reader.read_exact(&mut sent).unwrap();
    let length = body.len();
    write!(
        connection,
        "HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    Some((head, String::from_utf8(sent).unwrap()))
}

/// What a function reads from a store that gives these answers, and the requests that it made.
fn read(answers: &'static [(u16, &str)]) -> (Result<String, String>, Vec<(String, String)>) {
    let store = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = store.local_addr().unwrap();
    let url = format!("http://{address}");
    let asked = thread::spawn(move || {
        let connections = answers.iter().map(|of| (store.accept().unwrap().0, *of));
        connections
            .map_while(|(connection, of)| answer(connection, of))
            .collect()
    });
    let variables = [
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI"),
        ("AWS_SESSION_TOKEN", "a token"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ENDPOINT_URL", &url),
    ];
    let environment: Environment = variables
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into_iter()
        .collect();
    let source = Source {
        prefix: "/ringpost/dev/".to_owned(),
        names: &["keys"],
        samples: Samples::Refused,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let known = runtime.unwrap().block_on(async {
        let sdk = aws::sdk_config(&environment).unwrap();
        let parse = |texts: &ringpost::secrets::SecretTexts| Ok(texts.text("keys").to_owned());
        let secrets = Secrets::load(&sdk, Clock::system(), source, parse).await;
        let secrets = secrets.map_err(|error| error.to_string())?;
        Ok(secrets.current().await.unwrap().to_string())
    });
    // For a store that waits for a request which does not come.
    drop(TcpStream::connect(address));
    (known, asked.join().unwrap())
}

#[test]
fn the_request_is_signed_for_ssm_and_asks_for_the_decrypted_parameters() {
    let (known, asked) = read(&[(200, FOUND)]);
    assert_eq!(known.unwrap(), "a secret");
    let [(head, body)] = &asked[..] else {
        panic!("{asked:?}")
    };
    for line in [
        "post / http/1.1\r\n",
        "content-type: application/x-amz-json-1.1\r\n",
        "x-amz-target: amazonssm.getparameters\r\n",
        "x-amz-security-token: a token\r\n",
        "authorization: aws4-hmac-sha256 credential=akidexample/",
        "/eu-central-1/ssm/aws4_request, signedheaders=",
    ] {
        assert!(head.contains(line), "{line:?} in {head}");
    }
    assert_eq!(
        body,
        r#"{"Names":["/ringpost/dev/keys"],"WithDecryption":true}"#
    );
}

#[test]
fn an_overloaded_store_is_asked_again() {
    let answers = &[(400, THROTTLED), (500, "{}"), (503, "<html>"), (200, FOUND)];
    let (known, asked) = read(answers);
    assert_eq!(known.unwrap(), "a secret");
    assert_eq!(asked.len(), answers.len());
}

#[test]
fn a_refusal_is_final_and_names_its_reason() {
    let (known, asked) = read(&[(400, FORBIDDEN), (200, FOUND)]);
    let error = known.unwrap_err();
    assert!(
        error.contains("/ringpost/dev/") && error.contains("AccessDeniedException"),
        "{error}"
    );
    assert_eq!(asked.len(), 1);
}

#[test]
fn an_answer_that_cannot_be_read_is_an_error_without_its_text() {
    let answers: [&'static [(u16, &str)]; 3] = [
        &[(200, "a secret")],
        &[(200, r#"{"Parameters":"a secret"}"#)],
        &[(200, r#"{"Parameters":[{"Value":"a secret"}]}"#)],
    ];
    for answer in answers {
        let (known, _) = read(answer);
        let error = known.unwrap_err();
        assert!(
            error.contains("cannot be read") && !error.contains("a secret"),
            "{error}"
        );
    }
}
