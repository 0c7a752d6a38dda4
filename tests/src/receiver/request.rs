//! What was posted to an endpoint.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue};
use ringpost::{clock::Clock, domain::timestamp::Timestamp};
use serde_json::Value;
use standardwebhooks::Webhook;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A request, as it came.
#[derive(Debug, Clone)]
pub struct Received {
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// When it was there as a whole.
    pub at: Timestamp,
}

impl Received {
    /// The next request of a connection; `None` when there is none.
    pub(super) async fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut bytes = BytesMut::new();
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break end;
            }
            if stream.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
            // A client that begins with TLS gets a plain answer.
            if !bytes.starts_with(b"POST ") && bytes.len() >= 5 {
                stream
                    .write_all(b"HTTP/1.1 400 -\r\nconnection: close\r\n\r\n")
                    .await
                    .ok()?;
                return None;
            }
        };
        let head = String::from_utf8(bytes.split_to(end + 4).to_vec()).ok()?;
        let mut lines = head.trim_end().split("\r\n");
        let mut first = lines.next()?.split(' ');
        let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
        let mut headers = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(':')?;
            let value = HeaderValue::from_str(value.trim()).ok()?;
            headers.append(name.parse::<HeaderName>().ok()?, value);
        }
        let length = headers.get("content-length")?.to_str().ok()?.parse().ok()?;
        while bytes.len() < length {
            if stream.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        }
        assert_eq!(
            bytes.len(),
            length,
            "nobody sends a request before the last one is answered"
        );
        Some(Self {
            method,
            path,
            headers,
            body: bytes.freeze(),
            at: Clock::system().now(),
        })
    }

    /// A header's value, empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("text"))
    }

    /// `webhook-id`.
    pub fn message_id(&self) -> &str {
        self.header("webhook-id")
    }

    /// The body.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a body in JSON")
    }

    /// Whether the official library accepts the signature, as a receiver that knows this secret.
    ///
    /// # Panics
    /// When the secret is none.
    #[must_use]
    pub fn is_signed_with(&self, secret: &str) -> bool {
        // A secret without this prefix is its own key; the library takes keys as bytes too.
        let webhook = if secret.starts_with("whsec_") {
            Webhook::new(secret)
        } else {
            Webhook::from_bytes(secret.as_bytes().to_vec())
        };
        webhook
            .expect("a secret")
            .verify(&self.body, &self.headers)
            .is_ok()
    }
}
