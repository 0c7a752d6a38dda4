//! AWS connections that break on command: before a request is sent, or after it took effect and its
//! answer is lost. A process that died sends nothing any more.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::HttpRequest,
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};

/// Where a request is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// It never reaches AWS.
    Before,
    /// It takes effect, and nobody learns of it.
    After,
}

/// What happens to the requests of a client.
#[derive(Debug, Clone)]
pub struct Faults(Arc<Plan>);

#[derive(Debug)]
struct Plan {
    cut: Option<(usize, Cut)>,
    then_dead: bool,
    operation: Option<&'static str>,
    seen: AtomicUsize,
    dead: AtomicBool,
}

impl Faults {
    /// Nothing happens.
    #[must_use]
    pub fn none() -> Self {
        Self::plan(None, false, None)
    }

    /// The process dies at its `number`th request, counted from 0.
    #[must_use]
    pub fn death_at(number: usize, cut: Cut) -> Self {
        Self::plan(Some((number, cut)), true, None)
    }

    /// The first request of this operation is cut off, once.
    #[must_use]
    pub fn once(operation: &'static str, cut: Cut) -> Self {
        Self::plan(Some((0, cut)), false, Some(operation))
    }

    /// Nothing happens, and only the requests of this operation count.
    #[must_use]
    pub fn counting(operation: &'static str) -> Self {
        Self::plan(None, false, Some(operation))
    }

    fn plan(cut: Option<(usize, Cut)>, then_dead: bool, operation: Option<&'static str>) -> Self {
        let (seen, dead) = (AtomicUsize::new(0), AtomicBool::new(false));
        Self(Arc::new(Plan {
            cut,
            then_dead,
            operation,
            seen,
            dead,
        }))
    }

    /// How many requests there were.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.0.seen.load(Ordering::SeqCst)
    }

    /// Whether the process has died.
    #[must_use]
    pub fn struck(&self) -> bool {
        self.0.dead.load(Ordering::SeqCst)
    }

    /// Whether the process dies rather than the connection.
    #[must_use]
    pub fn kills(&self) -> bool {
        self.0.then_dead
    }

    /// A client whose requests suffer this.
    #[must_use]
    pub fn client(&self) -> SharedHttpClient {
        let inner = aws_smithy_http_client::Builder::new().build_http();
        SharedHttpClient::new(FaultyClient {
            inner,
            faults: self.clone(),
        })
    }

    fn judge(&self, request: &HttpRequest) -> Option<Cut> {
        let plan = &self.0;
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        if plan
            .operation
            .is_some_and(|operation| !target.ends_with(operation))
        {
            return None;
        }
        let number = plan.seen.fetch_add(1, Ordering::SeqCst);
        if plan.dead.load(Ordering::SeqCst) {
            return Some(Cut::Before);
        }
        let (at, cut) = plan.cut?;
        if number != at {
            return None;
        }
        plan.dead.store(plan.then_dead, Ordering::SeqCst);
        Some(cut)
    }
}

#[derive(Debug)]
struct FaultyClient {
    inner: SharedHttpClient,
    faults: Faults,
}

impl HttpClient for FaultyClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(FaultyConnector {
            inner,
            faults: self.faults.clone(),
        })
    }
}

#[derive(Debug)]
struct FaultyConnector {
    inner: SharedHttpConnector,
    faults: Faults,
}

impl HttpConnector for FaultyConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let reset = || ConnectorError::io("connection reset".into());
        match self.faults.judge(&request) {
            None => self.inner.call(request),
            Some(Cut::Before) => HttpConnectorFuture::ready(Err(reset())),
            Some(Cut::After) => {
                let sent = self.inner.call(request);
                HttpConnectorFuture::new(async move {
                    sent.await?;
                    Err(reset())
                })
            }
        }
    }
}
