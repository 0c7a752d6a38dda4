//! AWS connections that break on command: before a request is sent, or after it took effect and its
//! answer is lost. A process that died sends nothing any more.

use std::sync::{
    Arc, OnceLock,
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

use crate::crash_points;

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
    function: OnceLock<&'static str>,
}

impl Faults {
    /// Nothing happens.
    pub fn none() -> Self {
        Self::plan(None, false, None)
    }

    /// The process dies at its `number`th request, counted from 0.
    pub fn death_at(number: usize, cut: Cut) -> Self {
        Self::plan(Some((number, cut)), true, None)
    }

    /// The first request of this operation is cut off, once.
    pub fn once(operation: &'static str, cut: Cut) -> Self {
        Self::plan(Some((0, cut)), false, Some(operation))
    }

    /// Nothing happens, and only the requests of this operation count.
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
            function: OnceLock::new(),
        }))
    }

    /// How many requests there were.
    pub fn requests(&self) -> usize {
        self.0.seen.load(Ordering::SeqCst)
    }

    /// Whether the process has died.
    pub fn struck(&self) -> bool {
        self.0.dead.load(Ordering::SeqCst)
    }

    /// Whether the process dies rather than the connection.
    pub fn kills(&self) -> bool {
        self.0.then_dead
    }

    /// Names the function whose process this is, for the record of crash points.
    pub fn strike(&self, function: &'static str) {
        self.0.function.get_or_init(|| function);
    }

    /// A client whose requests suffer this.
    pub fn client(&self) -> SharedHttpClient {
        self.client_that(false)
    }

    /// As [`Faults::client`]; the requests of secrets are not counted and go through.
    pub fn client_sparing_secrets(&self) -> SharedHttpClient {
        self.client_that(true)
    }

    fn client_that(&self, spares_secrets: bool) -> SharedHttpClient {
        let inner = aws_smithy_http_client::Builder::new().build_http();
        SharedHttpClient::new(FaultyClient {
            inner,
            faults: self.clone(),
            spares_secrets,
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
        if let (true, Some(function)) = (plan.then_dead, plan.function.get()) {
            crash_points::record(function, cut, request);
        }
        Some(cut)
    }
}

#[derive(Debug)]
struct FaultyClient {
    inner: SharedHttpClient,
    faults: Faults,
    spares_secrets: bool,
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
            spares_secrets: self.spares_secrets,
        })
    }
}

#[derive(Debug)]
struct FaultyConnector {
    inner: SharedHttpConnector,
    faults: Faults,
    spares_secrets: bool,
}

impl HttpConnector for FaultyConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let reset = || ConnectorError::io("connection reset".into());
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        if self.spares_secrets && target.starts_with("AmazonSSM") {
            return self.inner.call(request);
        }
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
