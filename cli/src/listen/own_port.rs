//! `listen` on the local stage: a port of its own is subscribed, and what arrives there is passed on.

use std::{
    io::Read,
    net::{Ipv4Addr, SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use tiny_http::{Request, Response, Server};
use tokio::sync::mpsc;
use url::Url;
use uuid::Uuid;

use super::{
    event_types,
    options::Listen,
    session::{Session, event_type_of},
};
use crate::{
    api::Api,
    failure::{Failure, Kind},
    reading::{list, text},
};

const CONFIG: &str = "/api/webhooks/config";
const NAME: &str = "ringpost listen";
/// More than Ringpost posts.
const MAX_BODY: u64 = 16 << 20;
const BAD_GATEWAY: u16 = 502;

/// Subscribes, passes on until it is stopped, and deletes the subscription.
pub(super) async fn run(listen: &Listen, api: &Api, session: &Arc<Session>) -> Result<(), Failure> {
    delete_left_behind(api).await?;
    let server =
        Server::http((Ipv4Addr::LOCALHOST, 0)).map_err(|error| no_port(&error.to_string()))?;
    let address = server
        .server_addr()
        .to_ip()
        .ok_or_else(|| no_port("it has no address"))?;
    // Only who knows the path can post: another program of this machine does not.
    let path = format!("/{}", Uuid::new_v4().simple());
    let types = session.targets.event_types();
    let types = types.unwrap_or_else(|| event_types::ALL.map(str::to_owned).into());
    let subscription =
        json!({ "name": NAME, "url": format!("http://{address}{path}"), "eventTypes": types });
    let made = api.send_body(Method::POST, CONFIG, &subscription).await?;
    let id = text(&made, "webhook.id");
    session.output.note(&format!(
        "· subscription {id} posts to {address}; Ctrl-C ends and deletes it"
    ));
    if listen.print_secret {
        session.output.note(&text(&made, "webhook.secret"));
    }
    pass_on(listen, session, server, path).await;
    api.send_body(Method::DELETE, &format!("{CONFIG}/{id}"), &Value::Null)
        .await?;
    Ok(())
}

fn no_port(reason: &str) -> Failure {
    Failure::new(
        Kind::Network,
        format!("No port can be opened: {reason}."),
        "Use --poll, which needs none.",
    )
}

async fn pass_on(listen: &Listen, session: &Arc<Session>, server: Server, path: String) {
    // The server blocks: it has a thread of its own, which ends when the server is unblocked.
    let server = Arc::new(server);
    let (sender, mut requests) = mpsc::channel(16);
    let accepting = server.clone();
    std::thread::spawn(move || {
        while let Ok(request) = accepting.recv() {
            if sender.blocking_send(request).is_err() {
                return;
            }
        }
    });
    let mut open = tokio::task::JoinSet::new();
    loop {
        let request = tokio::select! {
            request = requests.recv() => request,
            () = session.stopped() => None,
            Some(_) = open.join_next() => {
                if session.has_forwarded(listen.max) { None } else { continue }
            }
        };
        let Some(request) = request else { break };
        open.spawn(answer(session.clone(), path.clone(), request));
    }
    server.unblock();
    // What has arrived is answered before the subscription is deleted.
    while open.join_next().await.is_some() {}
}

/// Passes a request on to its targets and gives the stage their status: the first one that is no success.
async fn answer(session: Arc<Session>, path: String, mut request: Request) {
    if request.url() != path {
        request.respond(Response::empty(404)).ok();
        return;
    }
    let headers = headers(&request);
    let mut body = Vec::new();
    if request
        .as_reader()
        .take(MAX_BODY)
        .read_to_end(&mut body)
        .is_err()
    {
        return;
    }
    let event_type = event_type_of(&body);
    let answers = session
        .targets
        .forward(&event_type, &headers, &Bytes::from(body))
        .await;
    let failed = answers
        .iter()
        .find(|answer| !answer.succeeded())
        .or(answers.first());
    let status = failed.map_or(200, |answer| {
        answer.status.map_or(BAD_GATEWAY, |status| status.as_u16())
    });
    let message_id = headers
        .get("webhook-id")
        .and_then(|id| id.to_str().ok())
        .unwrap_or_default();
    // First the stage has its answer, then `--max` may end the session.
    request.respond(Response::empty(status)).ok();
    session.show(&event_type, message_id, &answers);
}

fn headers(request: &Request) -> HeaderMap {
    let pairs = request.headers().iter().filter_map(|header| {
        let name = HeaderName::from_bytes(header.field.as_str().as_bytes()).ok()?;
        Some((name, HeaderValue::from_str(header.value.as_str()).ok()?))
    });
    pairs.collect()
}

/// Deletes the subscriptions of sessions that were killed: those to whose port nothing listens any more.
async fn delete_left_behind(api: &Api) -> Result<(), Failure> {
    let subscriptions = api.get(CONFIG, &[]).await?;
    let ours = list(&subscriptions, "webhooks")
        .iter()
        .filter(|each| text(each, "name") == NAME);
    for each in ours.filter(|each| is_deserted(&text(each, "url"))) {
        api.send_body(
            Method::DELETE,
            &format!("{CONFIG}/{}", text(each, "id")),
            &Value::Null,
        )
        .await?;
    }
    Ok(())
}

fn is_deserted(url: &str) -> bool {
    let port = Url::parse(url).ok().and_then(|url| url.port());
    let address = port.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    address.is_some_and(|address| {
        TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_err()
    })
}
