//! Who is asking: the same for every endpoint that wants a user token.

use lambda_http::Request;
use ringpost::{
    auth::{
        limiter::Limiter,
        role::Role,
        token::{Caller, TokenKeys, TokenPolicy, Unauthorized},
    },
    clock::Clock,
    http::error::{ApiError, ErrorStatus},
    secrets::Secrets,
};

use crate::limits;

/// A request that reads thousands of items counts as this many.
const EXPENSIVE: u64 = 50;

/// Verifies user tokens.
pub struct Authenticator {
    /// What a token must be.
    pub policy: TokenPolicy,
    /// What signs tokens.
    pub keys: Secrets<TokenKeys>,
    pub clock: Clock,
    /// How often a user may ask, if that is limited.
    pub limiter: Option<Limiter>,
}

impl Authenticator {
    /// Who the bearer of the request's token is, if its role includes `needed`.
    /// 401 when the token is refused, 403 when the role does not suffice, 429 when the user asks too often.
    pub async fn authorized(&self, request: &Request, needed: Role) -> Result<Caller, ApiError> {
        let caller = self.bearer(request).await?;
        if caller.role().includes(needed) {
            Ok(caller)
        } else {
            Err(forbidden(needed))
        }
    }

    /// Who the bearer of the request's token is, whatever its role.
    /// 401 when the token is refused; the log says why. 429 when the user asks too often.
    pub async fn bearer(&self, request: &Request) -> Result<Caller, ApiError> {
        let keys = self.keys.current().await.ok_or(Unauthorized::NoKeys);
        let caller = keys.and_then(|keys| {
            self.policy
                .caller(&keys, request.headers(), self.clock.now())
        });
        let caller = caller.map_err(|reason| {
            ApiError::new(ErrorStatus::Unauthorized, "Unauthorized")
                .message("Invalid or expired JWT token")
                .cause(reason)
        })?;
        limits::admit(self.limiter.as_ref(), &caller.name(), 1).await?;
        Ok(caller)
    }

    /// Counts a request that was let in as [`EXPENSIVE`] ones: it keeps a function busy for seconds, and all
    /// users share a few.
    /// 429 when the user asks too often.
    pub async fn is_expensive_for(&self, caller: &Caller) -> Result<(), ApiError> {
        limits::admit(self.limiter.as_ref(), &caller.name(), EXPENSIVE - 1).await
    }
}

/// The answer to a role that does not suffice.
pub(crate) fn forbidden(needed: Role) -> ApiError {
    let message = match needed {
        Role::User => "A token with role: platform has no part in what belongs to a tenant",
        Role::Viewer => "This needs a token with role: viewer, developer or admin",
        Role::Developer => "This needs a token with role: developer or admin",
        Role::Admin => "This needs a token with role: admin",
        Role::Platform => "This needs a token with role: platform",
    };
    ApiError::new(ErrorStatus::Forbidden, message)
}
