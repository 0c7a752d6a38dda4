//! Who is asking: the same for every endpoint that wants a user token.

use lambda_http::Request;
use ringpost::{
    clock::Clock,
    http::{
        error::{ApiError, ErrorStatus},
        token::{Caller, TokenKeys, TokenPolicy},
    },
    secrets::Secrets,
};

/// Believes tokens.
pub struct Authenticator {
    /// What a token must be.
    pub policy: TokenPolicy,
    /// What signs tokens.
    pub keys: Secrets<TokenKeys>,
    /// What time it is.
    pub clock: Clock,
}

impl Authenticator {
    /// Who the bearer of the request's token is.
    ///
    /// # Errors
    /// 401 when nobody is believed; the log says why.
    pub async fn caller(&self, request: &Request) -> Result<Caller, ApiError> {
        let keys = self.keys.current().await;
        self.policy.caller(&keys, request.headers(), self.clock.now()).map_err(|reason| {
            ApiError::new(ErrorStatus::Unauthorized, "Unauthorized")
                .message("Invalid or expired JWT token")
                .cause(reason)
        })
    }

    /// The tenant that the bearer may configure.
    ///
    /// # Errors
    /// 401 when nobody is believed, 403 when the token lacks `role: admin`.
    pub async fn administered_tenant(&self, request: &Request) -> Result<String, ApiError> {
        let caller = self.caller(request).await?;
        if !caller.is_admin() {
            return Err(ApiError::new(ErrorStatus::Forbidden, "This needs a token with role: admin"));
        }
        Ok(caller.tenant_id())
    }
}
