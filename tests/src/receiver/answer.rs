//! How an endpoint answers, well or badly.

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::Received;

use tokio::{io::AsyncWriteExt, net::TcpStream, time::sleep};

/// How a request is answered.
#[derive(Debug, Clone)]
pub enum Answer {
    /// With this status, a short body, and the connection left open.
    Status(u16),
    /// With just this.
    StatusWith {
        /// The status.
        code: u16,
        /// Headers besides the body's length.
        headers: Vec<(String, String)>,
        /// The body.
        body: Vec<u8>,
    },
    /// With this status, after this long.
    After(Duration, u16),
    /// With 429 and `Retry-After` of this number of seconds.
    RetryAfter(u64),
    /// With 200 to this number of requests within a second, and to more with 429 and `Retry-After: 1`.
    AtMost(usize, Arc<Mutex<VecDeque<Instant>>>),
    /// With just these bytes, and the connection is closed.
    Raw(Vec<u8>),
    /// With a redirection to this URL.
    Redirect(String),
    /// Never; the connection stays open.
    Hang,
    /// Not; the connection is closed.
    Close,
    /// Not; the connection is reset.
    Reset,
    /// With this status and a part of the body that it promises.
    Broken(u16),
    /// With 200 and a body of this number of bytes.
    Huge(u64),
    /// With 200 and a body that comes byte by byte for ever.
    Drip,
    /// With 200 and what this header of the request says.
    Repeat(&'static str),
    /// With something that is not HTTP.
    Nonsense,
}

impl Answer {
    /// A status with a body and headers.
    pub fn with(code: u16, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self::StatusWith {
            code,
            headers: headers.iter().map(owned).collect(),
            body: body.into(),
        }
    }

    /// An endpoint that accepts a number of requests a second.
    pub fn at_most(limit: usize) -> Self {
        Self::AtMost(limit, Arc::default())
    }

    /// The answer to just this request.
    pub(super) fn to(self, request: &Received) -> Self {
        match self {
            Self::Repeat(header) => Self::with(200, &[], request.header(header)),
            other => other,
        }
    }

    /// Gives it. Whether the connection can take another request.
    pub(super) async fn give(&self, stream: &mut TcpStream) -> bool {
        // The sender may stop reading.
        self.write(stream).await.unwrap_or(false)
    }

    async fn write(&self, stream: &mut TcpStream) -> io::Result<bool> {
        match self {
            Self::Status(code) => whole(stream, *code, &[], body_of(*code)).await,
            Self::StatusWith {
                code,
                headers,
                body,
            } => whole(stream, *code, headers, body).await,
            Self::After(wait, code) => {
                sleep(*wait).await;
                whole(stream, *code, &[], body_of(*code)).await
            }
            Self::RetryAfter(seconds) => {
                whole(
                    stream,
                    429,
                    &[("retry-after".to_owned(), seconds.to_string())],
                    b"",
                )
                .await
            }
            Self::AtMost(limit, taken) if takes(*limit, taken) => {
                whole(stream, 200, &[], b"").await
            }
            Self::AtMost(..) => {
                whole(
                    stream,
                    429,
                    &[("retry-after".to_owned(), "1".to_owned())],
                    b"",
                )
                .await
            }
            Self::Raw(bytes) => stream.write_all(bytes).await.map(|()| false),
            Self::Redirect(to) => {
                whole(stream, 302, &[("location".to_owned(), to.clone())], b"").await
            }
            Self::Hang => std::future::pending().await,
            Self::Close => Ok(false),
            Self::Reset => stream.set_zero_linger().map(|()| false),
            Self::Broken(code) => {
                head(stream, *code, &[], 1_000).await?;
                stream.write_all(b"half of it").await?;
                Ok(false)
            }
            Self::Huge(bytes) => {
                head(stream, 200, &[], *bytes).await?;
                let mut left = *bytes;
                while left > 0 {
                    let part = left.min(65_536);
                    stream
                        .write_all(&vec![b'x'; usize::try_from(part).unwrap_or(0)])
                        .await?;
                    left -= part;
                }
                Ok(true)
            }
            Self::Drip => {
                head(stream, 200, &[], 1_000_000).await?;
                loop {
                    stream.write_all(b".").await?;
                    sleep(Duration::from_millis(10)).await;
                }
            }
            Self::Repeat(_) => whole(stream, 200, &[], b"").await,
            Self::Nonsense => stream
                .write_all(b"220 mail.example.com ESMTP\r\n")
                .await
                .map(|()| false),
        }
    }
}

/// Whether fewer than `limit` requests were taken within the last second; if so, this one is.
fn takes(limit: usize, taken: &Mutex<VecDeque<Instant>>) -> bool {
    let (mut taken, now) = (
        taken.lock().unwrap_or_else(PoisonError::into_inner),
        Instant::now(),
    );
    while taken
        .front()
        .is_some_and(|at| now.duration_since(*at) >= Duration::from_secs(1))
    {
        taken.pop_front();
    }
    let takes = taken.len() < limit;
    if takes {
        taken.push_back(now);
    }
    takes
}

fn body_of(code: u16) -> &'static [u8] {
    match code {
        204 | 304 => b"",
        200..300 => b"Received",
        _ => b"Not received",
    }
}

async fn whole(
    stream: &mut TcpStream,
    code: u16,
    headers: &[(String, String)],
    body: &[u8],
) -> io::Result<bool> {
    head(stream, code, headers, body.len() as u64).await?;
    stream.write_all(body).await?;
    Ok(true)
}

async fn head(
    stream: &mut TcpStream,
    code: u16,
    headers: &[(String, String)],
    length: u64,
) -> io::Result<()> {
    let lines: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let head = format!("HTTP/1.1 {code} -\r\n{lines}content-length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).await
}
