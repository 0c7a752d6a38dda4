//! An endpoint of a customer: it records what is posted to it, answers as the test sets it, well or badly, and
//! verifies signatures as customers do, with the official libraries.

mod answer;
mod request;

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::{oneshot, watch},
};

pub use answer::Answer;
pub use request::Received;

/// How it plays a path: the answers in turn, the last one for ever.
type Turns = VecDeque<Answer>;

struct Played {
    everywhere: Turns,
    paths: HashMap<String, Turns>,
    connections: usize,
}

impl Played {
    fn next(&mut self, path: &str) -> Answer {
        let turns = self.paths.get_mut(path).unwrap_or(&mut self.everywhere);
        if turns.len() > 1 {
            turns.pop_front()
        } else {
            turns.front().cloned()
        }
        .expect("an answer")
    }
}

/// The endpoint. It listens on loopback from its start until it is dropped, on a thread of its own, so
/// that a test that blocks does not hold it up.
pub struct Receiver {
    address: SocketAddr,
    played: Arc<Mutex<Played>>,
    requests: watch::Receiver<Vec<Received>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Receiver {
    /// An endpoint that answers 200.
    pub fn start() -> Self {
        Self::answering(Answer::Status(200))
    }

    /// An endpoint that answers like this.
    pub fn answering(answer: Answer) -> Self {
        let played = Played {
            everywhere: [answer].into(),
            paths: HashMap::new(),
            connections: 0,
        };
        let played = Arc::new(Mutex::new(played));
        let (record, requests) = watch::channel(Vec::new());
        let (stop, stopped) = oneshot::channel();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it listens");
        listener
            .set_nonblocking(true)
            .expect("a socket can be asynchronous");
        let server = Server {
            played: played.clone(),
            record: Arc::new(record),
        };
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.expect("a runtime").block_on(async {
                let listener = TcpListener::from_std(listener).expect("a listener");
                tokio::select! {
                    () = server.listen(listener) => {}
                    _ = stopped => {}
                }
            });
        });
        Self {
            address,
            played,
            requests,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Answers like this from now on, on every path without an answer of its own.
    pub fn play(&self, answer: Answer) {
        self.lock().everywhere = [answer].into();
    }

    /// Answers like this on a path from now on.
    pub fn play_at(&self, path: &str, answer: Answer) {
        self.play_in_turn(path, [answer]);
    }

    /// Answers the next requests on a path like this, one after the other, and all further ones like
    /// the last.
    pub fn play_in_turn(&self, path: &str, answers: impl IntoIterator<Item = Answer>) {
        self.lock()
            .paths
            .insert(path.to_owned(), answers.into_iter().collect());
    }

    /// All requests, in the order in which they were read.
    pub fn requests(&self) -> Vec<Received> {
        self.requests.borrow().clone()
    }

    /// All requests, as soon as there are that many, at most 30 seconds from now.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        self.wait_within(count, Duration::from_secs(30)).await
    }

    /// As [`Receiver::wait_for`], waiting so long.
    pub async fn wait_within(&self, count: usize, within: Duration) -> Vec<Received> {
        let mut requests = self.requests.clone();
        let waiting = requests.wait_for(|requests| requests.len() >= count);
        let came = tokio::time::timeout(within, waiting).await.is_ok();
        let requests = self.requests();
        assert!(came, "waited for {count} requests, {} came", requests.len());
        requests
    }

    /// How many connections were opened to it.
    pub fn connections(&self) -> usize {
        self.lock().connections
    }

    fn lock(&self) -> MutexGuard<'_, Played> {
        self.played.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Receiver at {}", self.address)
    }
}

#[derive(Clone)]
struct Server {
    played: Arc<Mutex<Played>>,
    record: Arc<watch::Sender<Vec<Received>>>,
}

impl Server {
    async fn listen(&self, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            self.lock().connections += 1;
            let server = self.clone();
            // It ends with the runtime, if not before.
            tokio::spawn(async move { server.serve(stream).await });
        }
    }

    async fn serve(&self, mut stream: TcpStream) {
        while let Some(received) = Received::read(&mut stream).await {
            let answer = self.lock().next(&received.path).to(&received);
            self.record.send_modify(|requests| requests.push(received));
            if !answer.give(&mut stream).await {
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Played> {
        self.played.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
