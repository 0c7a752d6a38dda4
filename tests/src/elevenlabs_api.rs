//! A server that plays ElevenLabs' API: it answers for each conversation as the test sets it.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use crate::noise;

/// How a conversation is answered.
#[derive(Debug, Clone)]
pub enum Reply {
    /// With this status and body.
    With(u16, String),
    /// With a redirection to this URL.
    Redirect(String),
    /// With 200, after this long.
    After(Duration),
    /// With more bytes than anybody should read.
    Endless,
}

#[derive(Default)]
struct Played {
    replies: HashMap<String, Reply>,
    requests: Vec<String>,
}

/// The server. It serves as long as the process lives.
#[derive(Clone)]
pub struct ElevenLabsApi {
    url: String,
    key: String,
    played: Arc<Mutex<Played>>,
}

impl ElevenLabsApi {
    /// A server that accepts this key.
    pub fn start(key: &str) -> Self {
        Self::listen("127.0.0.1:0", key)
    }

    /// The server at this base URL, where a deployed stack asks.
    pub fn at(base_url: &str, key: &str) -> Self {
        Self::listen(base_url.strip_prefix("http://").expect("a plain URL"), key)
    }

    fn listen(address: &str, key: &str) -> Self {
        let listener = TcpListener::bind(address).expect("the port is free");
        let url = format!("http://{}", listener.local_addr().expect("it listens"));
        let api = Self {
            url,
            key: key.to_owned(),
            played: Arc::default(),
        };
        let server = api.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = server.clone();
                thread::spawn(move || server.serve(stream));
            }
        });
        api
    }

    /// Its base URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Answers for this conversation like this from now on.
    pub fn play(&self, conversation_id: &str, reply: Reply) {
        let mut played = self.played.lock().unwrap_or_else(PoisonError::into_inner);
        played.replies.insert(conversation_id.to_owned(), reply);
    }

    /// The paths that were asked for, in order.
    pub fn requests(&self) -> Vec<String> {
        self.played
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .requests
            .clone()
    }

    fn serve(&self, stream: TcpStream) -> Option<()> {
        let mut lines = BufReader::new(stream.try_clone().ok()?)
            .lines()
            .map_while(Result::ok);
        let path = lines.next()?.split(' ').nth(1)?.to_owned();
        let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
        let is_key = |line: &String| {
            line.split_once(": ").is_some_and(|(name, value)| {
                name.eq_ignore_ascii_case("xi-api-key") && value == self.key
            })
        };
        let reply = {
            let mut played = self.played.lock().unwrap_or_else(PoisonError::into_inner);
            played.requests.push(path.clone());
            let id = path
                .strip_prefix("/v1/convai/conversations/")
                .unwrap_or_default();
            played.replies.get(id).cloned()
        };
        let reply = if headers.iter().any(is_key) {
            reply
        } else {
            Some(Reply::With(401, "{}".to_owned()))
        };
        respond(
            stream,
            reply.unwrap_or_else(|| Reply::With(404, "{}".to_owned())),
        )
        .ok()
    }
}

fn respond(mut stream: TcpStream, reply: Reply) -> std::io::Result<()> {
    match reply {
        Reply::With(status, body) => {
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status} -\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
            )
        }
        Reply::Redirect(to) => write!(
            stream,
            "HTTP/1.1 302 -\r\nconnection: close\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n"
        ),
        Reply::After(wait) => {
            thread::sleep(wait);
            write!(
                stream,
                "HTTP/1.1 200 -\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{{}}"
            )
        }
        Reply::Endless => {
            write!(stream, "HTTP/1.1 200 -\r\nconnection: close\r\n\r\n")?;
            loop {
                stream.write_all(&[b' '; 65_536])?;
            }
        }
    }
}

/// A conversation as the API gives it, of a Twilio call that this agent placed.
pub fn conversation(conversation_id: &str, call_sid: &str, agent_id: &str, status: &str) -> Value {
    let transcript = match status {
        "done" => {
            json!([{ "role": "agent", "message": "Hello, how can I help?", "time_in_call_secs": 0 }])
        }
        _ => json!([]),
    };
    json!({
        "agent_id": agent_id, "conversation_id": conversation_id, "status": status,
        "transcript": transcript,
        "metadata": {
            "start_time_unix_secs": 1_767_311_930, "accepted_time_unix_secs": 1_767_311_931,
            "call_duration_secs": 62,
            "phone_call": {
                "type": "twilio", "direction": "outbound", "phone_number_id": "phnum_1",
                "agent_number": "+18005550199", "external_number": "+15105550123",
                "call_result": "answered", "call_sid": call_sid
            }
        },
        "analysis": null
    })
}

/// As [`conversation`] of one that is done, with more in its transcript than fits into an event's item.
pub fn long_conversation(conversation_id: &str, call_sid: &str, agent_id: &str) -> Value {
    let mut long = conversation(conversation_id, call_sid, agent_id, "done");
    long["transcript"][0]["message"] = noise::text(600_000).into();
    long
}
