//! `login` and `whoami`.

use std::io::{IsTerminal, Read};

use clap::Args;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::{
    api::Api,
    clock::{now, rfc3339},
    environment::Environment,
    failure::Failure,
    output::Output,
    profile::{Profile, Profiles},
    reading::{sheet, text},
    stage::Stage,
};

/// Arguments of `login`. A token is no argument, because every user of a machine sees arguments.
#[derive(Debug, Args)]
pub(crate) struct Login {
    /// The stack's output BaseUrl; by default RINGPOST_URL
    #[arg(long)]
    url: Option<String>,
    /// What kind of stage it is: local, dev, prod or another name. Only local and dev take samples without --live
    #[arg(long)]
    stage: Option<String>,
}

/// Tries the token and saves it. Without RINGPOST_TOKEN it is asked for, or read from standard input.
pub(crate) async fn login(
    login: &Login,
    environment: &Environment,
    output: Output,
) -> Result<(), Failure> {
    let url = match &login.url {
        Some(url) => url.clone(),
        None => environment.required("RINGPOST_URL")?,
    };
    let token = match environment.variable("RINGPOST_TOKEN") {
        Some(token) => token,
        None => ask_for_token()?,
    };
    let stage = Stage::new(
        &url,
        &token,
        login
            .stage
            .clone()
            .or_else(|| environment.variable("RINGPOST_STAGE")),
    )?;
    let identity = identity(&stage).await?;
    let name = environment.profile_name().unwrap_or("default");
    let profile = Profile {
        url: stage.url,
        token: stage.token,
        stage: stage.name,
    };
    let path = Profiles::load()?.save(name, profile)?;
    output.note(&format!("✓ Saved as profile {name} in {}.", path.display()));
    output.record(&identity, || sheet(&identity));
    Ok(())
}

/// Shows whose token it is, after the API has accepted it.
pub(crate) async fn whoami(environment: &Environment, output: Output) -> Result<(), Failure> {
    let identity = identity(&environment.stage()?).await?;
    output.record(&identity, || sheet(&identity));
    Ok(())
}

fn ask_for_token() -> Result<String, Failure> {
    let advice = "Set RINGPOST_TOKEN, or pass the token on standard input.";
    let read = if std::io::stdin().is_terminal() {
        rpassword::prompt_password("Token: ")
    } else {
        let mut token = String::new();
        std::io::stdin().read_to_string(&mut token).map(|_| token)
    };
    let token =
        read.map_err(|error| Failure::usage(format!("No token could be read: {error}."), advice))?;
    Ok(token.trim().to_owned())
}

async fn identity(stage: &Stage) -> Result<Value, Failure> {
    let claims = stage.claims();
    let expires = claims
        .get("exp")
        .and_then(Value::as_i64)
        .and_then(|seconds| Timestamp::from_second(seconds).ok());
    let mut identity = Map::new();
    let mut say = |name: &str, value: String| {
        if !value.is_empty() {
            identity.insert(name.to_owned(), json!(value));
        }
    };
    say("url", stage.url.clone());
    say("stage", stage.name.clone());
    for (name, claim) in [("user", "sub"), ("tenant", "tenant_id"), ("role", "role")] {
        say(name, text(&claims, claim));
    }
    say("expires", expires.map(rfc3339).unwrap_or_default());
    if expires.is_some_and(|expires| expires < now()) {
        let message = format!(
            "The token expired at {}.",
            expires.map(rfc3339).unwrap_or_default()
        );
        return Err(Failure::refused(
            message,
            "Get a new token and run `ringpost login` again.",
        ));
    }
    // What each role may read. The platform assigns numbers and reads no calls.
    let (path, tenant) = if text(&claims, "role") == "platform" {
        ("/api/directory/phone-numbers", Some("any".to_owned()))
    } else {
        ("/api/calls", None)
    };
    let query = [("limit", Some("1".to_owned())), ("tenantId", tenant)];
    Api::new(stage)?.get(path, &query).await?;
    Ok(Value::Object(identity))
}
