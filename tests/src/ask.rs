//! Requests of users, as API Gateway makes them.

use std::collections::HashMap;

use http::{Method, header::AUTHORIZATION};
use lambda_http::{Body, Request, RequestExt};
use ringpost_functions::runtime::Endpoint;
use serde_json::{Value, json};

use crate::{
    lambda::invoke,
    stack::{Answer, stack},
};

/// An administrator of this tenant.
pub fn admin(tenant_id: &str) -> Value {
    json!({ "sub": format!("admin_{tenant_id}"), "tenant_id": tenant_id, "role": "admin" })
}

/// The platform, which assigns.
pub fn platform() -> Value {
    json!({ "sub": "platform", "role": "platform" })
}

/// A request as API Gateway makes it; `path` and `query` hold one parameter each.
pub struct Ask<'a> {
    method: Method,
    path: Option<(&'a str, &'a str)>,
    query: Vec<(&'a str, &'a str)>,
    body: String,
}

/// A request; further parts are added.
pub fn ask<'a>(method: Method, path: Option<(&'a str, &'a str)>) -> Ask<'a> {
    Ask {
        method,
        path,
        query: Vec::new(),
        body: String::new(),
    }
}

impl<'a> Ask<'a> {
    pub fn body(self, body: &Value) -> Self {
        self.text(&body.to_string())
    }

    /// With a body that need not be JSON.
    pub fn text(mut self, body: &str) -> Self {
        body.clone_into(&mut self.body);
        self
    }

    /// With parameters in its query.
    pub fn query(mut self, query: &[(&'a str, &'a str)]) -> Self {
        self.query = query.to_vec();
        self
    }

    /// Asks an endpoint with a token of these claims.
    pub async fn of<E: Endpoint>(self, endpoint: &E, claims: &Value) -> Answer {
        let many = |pairs: &[(&str, &str)]| -> HashMap<String, Vec<String>> {
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()]))
                .collect()
        };
        let mut request = Request::new(Body::Text(self.body))
            .with_path_parameters(many(self.path.as_slice()))
            .with_query_string_parameters(many(&self.query));
        *request.method_mut() = self.method;
        let bearer = format!("Bearer {}", stack().token(claims.clone()));
        request
            .headers_mut()
            .insert(AUTHORIZATION, bearer.parse().expect("a token is a header"));
        invoke(endpoint, request).await
    }
}
