//! Callers: which claims make one, and which calls it may read.

use http::HeaderMap;
use jsonwebtoken::{Algorithm as SignedBy, EncodingKey};
use proptest::prelude::*;
use ringpost::{
    auth::{
        role::Role,
        token::{Caller, TokenKeys, TokenPolicy, Unauthorized},
    },
    crypto::jwt::{Algorithm, JwtError},
    domain::call::owner::Owner,
};
use serde_json::{Value, json};

use crate::support::signing::{self, at, headers};

const NOW: i64 = 1_767_312_000;
const SECRET: &str = "a-shared-secret-of-thirty-two-bytes!";

type Answer = Result<Caller, Unauthorized>;

fn any_issuer() -> TokenPolicy {
    TokenPolicy {
        algorithm: Algorithm::Hs256,
        issuer: None,
        audience: None,
        longest_seconds: 3_600,
        default_tenant: Some("acme".to_owned()),
    }
}

fn ask(policy: &TokenPolicy, headers: &HeaderMap) -> Answer {
    let keys = TokenKeys::parse(SECRET, Algorithm::Hs256).expect("a secret");
    policy.caller(&keys, headers, at(NOW))
}

fn ask_by_header(authorization: &str) -> Answer {
    ask(
        &any_issuer(),
        &headers([("authorization", authorization.as_bytes())]),
    )
}

fn token(claims: &Value) -> String {
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    signing::token(&json!({ "alg": "HS256" }), claims, SignedBy::HS256, &key)
}

fn ask_with(policy: &TokenPolicy, claims: &Value) -> Answer {
    let authorization = format!("Bearer {}", token(claims));
    ask(
        policy,
        &headers([("authorization", authorization.as_bytes())]),
    )
}

/// The claims of `user_1` with these added, replaced or, where null, left out.
fn claims(changes: Value) -> Value {
    let mut claims = json!({ "sub": "user_1", "exp": NOW + 3_600 });
    for (name, value) in changes.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    claims
        .as_object_mut()
        .expect("an object")
        .retain(|_, value| !value.is_null());
    claims
}

fn refusal_of(changes: Value) -> Option<Unauthorized> {
    ask_with(&any_issuer(), &claims(changes)).err()
}

const fn token_refused(error: JwtError) -> Option<Unauthorized> {
    Some(Unauthorized::Token(error))
}

#[test]
fn a_token_must_expire_and_is_good_for_a_minute_longer() {
    assert_eq!(refusal_of(json!({})), None);
    assert_eq!(
        refusal_of(json!({ "exp": null })),
        token_refused(JwtError::Malformed)
    );
    assert_eq!(
        refusal_of(json!({ "exp": "soon" })),
        token_refused(JwtError::Malformed)
    );
    assert_eq!(refusal_of(json!({ "exp": NOW - 60 })), None);
    assert_eq!(
        refusal_of(json!({ "exp": NOW - 61 })),
        token_refused(JwtError::Expired)
    );
    assert_eq!(refusal_of(json!({ "nbf": NOW + 60 })), None);
    assert_eq!(
        refusal_of(json!({ "nbf": NOW + 61 })),
        token_refused(JwtError::NotYetValid)
    );
}

#[test]
fn a_token_names_its_subject() {
    assert_eq!(
        refusal_of(json!({ "sub": "" })),
        Some(Unauthorized::NoSubject)
    );
    assert_eq!(
        refusal_of(json!({ "sub": null })),
        token_refused(JwtError::Malformed)
    );
    assert_eq!(
        refusal_of(json!({ "sub": 42 })),
        token_refused(JwtError::Malformed)
    );
}

#[test]
fn a_configured_issuer_is_required() {
    let policy = TokenPolicy {
        issuer: Some("https://login.example".to_owned()),
        ..any_issuer()
    };
    let refusal = |changes| ask_with(&policy, &claims(changes)).err();
    assert_eq!(refusal(json!({ "iss": "https://login.example" })), None);
    assert_eq!(
        refusal(json!({ "iss": "https://login.example/" })),
        Some(Unauthorized::Foreign)
    );
    assert_eq!(refusal(json!({ "iss": "" })), Some(Unauthorized::Foreign));
    assert_eq!(refusal(json!({})), Some(Unauthorized::Foreign));
    assert_eq!(
        refusal_of(json!({ "iss": "anybody" })),
        None,
        "none is configured"
    );
}

#[test]
fn a_configured_audience_is_required_alone_or_among_others() {
    let policy = TokenPolicy {
        audience: Some("ringpost".to_owned()),
        ..any_issuer()
    };
    let refusal = |changes| ask_with(&policy, &claims(changes)).err();
    assert_eq!(refusal(json!({ "aud": "ringpost" })), None);
    assert_eq!(refusal(json!({ "aud": ["other", "ringpost"] })), None);
    for audience in [
        json!("other"),
        json!("ringpost2"),
        json!(""),
        json!(["other"]),
        json!([]),
        json!(null),
    ] {
        assert_eq!(
            refusal(json!({ "aud": audience })),
            Some(Unauthorized::Foreign),
            "{audience}"
        );
    }
    assert_eq!(
        refusal_of(json!({ "aud": ["anybody"] })),
        None,
        "none is configured"
    );
}

#[test]
fn a_request_without_a_bearer_token_has_no_caller() {
    let token = token(&claims(json!({})));
    assert_eq!(
        ask(&any_issuer(), &HeaderMap::new()).err(),
        Some(Unauthorized::Missing)
    );
    for other in [
        "",
        "Bearer",
        &token,
        &format!("Basic {token}"),
        &format!("Bearer:{token}"),
    ] {
        assert_eq!(
            ask_by_header(other).err(),
            Some(Unauthorized::Missing),
            "{other}"
        );
    }
    let unreadable = headers([("authorization", b"Bearer \xff".as_slice())]);
    assert_eq!(
        ask(&any_issuer(), &unreadable).err(),
        Some(Unauthorized::Missing)
    );
    let elsewhere = headers([("x-authorization", format!("Bearer {token}").as_bytes())]);
    assert_eq!(
        ask(&any_issuer(), &elsewhere).err(),
        Some(Unauthorized::Missing)
    );
    for garbage in ["Bearer ", "Bearer a.b.c", "Bearer e30.e30.e30"] {
        assert_eq!(
            ask_by_header(garbage).err(),
            token_refused(JwtError::Malformed),
            "{garbage}"
        );
    }
}

#[test]
fn the_case_of_the_scheme_does_not_matter() {
    let token = token(&claims(json!({})));
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        assert!(
            ask_by_header(&format!("{scheme} {token}")).is_ok(),
            "{scheme}"
        );
    }
}

#[test]
fn a_wrong_signature_is_reported_before_anything_else() {
    let token = token(&claims(json!({ "exp": 1, "sub": "" })));
    let (unsigned, _) = token.rsplit_once('.').expect("a token");
    let answer = ask_by_header(&format!("Bearer {unsigned}.AAAA"));
    assert_eq!(answer.err(), token_refused(JwtError::Signature));
}

/// Whether a token with these claims reads the calls of `user_1` of the tenant `acme`, the default one.
fn reads(sub: &str, tenant_id: Option<&str>, role: Option<&str>) -> bool {
    let claims = claims(json!({ "sub": sub, "tenant_id": tenant_id, "role": role }));
    let caller = ask_with(&any_issuer(), &claims).expect("a caller");
    caller.may_read(&Owner {
        user_id: Some("user_1".to_owned()),
        ..Owner::tenant("acme")
    })
}

#[test]
fn a_user_reads_its_own_calls_and_a_viewer_those_of_its_tenant() {
    let (acme, other) = (Some("acme"), Some("other"));
    for role in Role::ALL {
        let (name, sees_all) = (Some(role.as_str()), role.includes(Role::Viewer));
        assert_eq!(
            reads("user_1", acme, name),
            role != Role::Platform,
            "{role:?}"
        );
        assert_eq!(reads("user_2", acme, name), sees_all, "{role:?}");
        // The same name in another tenant is another person.
        assert!(!reads("user_1", other, name), "{role:?}");
        assert!(!reads("user_2", other, name), "{role:?}");
        // A token without a tenant is good for its own calls in the default tenant, whatever its role.
        assert_eq!(
            reads("user_1", None, name),
            role != Role::Platform,
            "{role:?}"
        );
        assert!(!reads("user_2", None, name), "{role:?}");
        assert!(!reads("acme", None, name), "{role:?}");
    }
    assert!(reads("user_1", acme, None));
    assert!(!reads("user_2", acme, None));
    assert!(!reads("acme", acme, None));
}

#[test]
fn a_token_without_a_tenant_reads_in_the_default_tenant_only() {
    let claims = claims(json!({ "sub": "user_1" }));
    let owner = |tenant: &str| Owner {
        user_id: Some("user_1".to_owned()),
        ..Owner::tenant(tenant)
    };
    let caller = ask_with(&any_issuer(), &claims).expect("a caller");
    assert!(caller.may_read(&owner("acme")) && !caller.may_read(&owner("other")));
    let nowhere = TokenPolicy {
        default_tenant: None,
        ..any_issuer()
    };
    let caller = ask_with(&nowhere, &claims).expect("a caller");
    assert!(!caller.may_read(&owner("acme")) && !caller.may_read(&owner("other")));
}

#[test]
fn names_and_roles_are_compared_to_the_letter() {
    for role in ["Admin", "ADMIN", "admin ", "administrator", "user", ""] {
        assert!(!reads("user_2", Some("acme"), Some(role)), "{role:?}");
    }
    for tenant_id in ["Acme", "acme "] {
        assert!(!reads("user_1", Some(tenant_id), None), "{tenant_id:?}");
        assert!(
            !reads("user_1", Some(tenant_id), Some("admin")),
            "{tenant_id:?}"
        );
    }
    for sub in ["User_1", "user_1 ", "user_"] {
        assert!(!reads(sub, Some("acme"), None), "{sub:?}");
        assert!(!reads(sub, None, None), "{sub:?}");
    }
}

/// An empty tenant would be that of all who have none, and `user:…` is that of a user without one.
#[test]
fn a_subject_or_tenant_that_is_no_name_is_refused() {
    let long = "x".repeat(257);
    for tenant_id in ["", "user:user_1", "a\nb", &long] {
        let claims = claims(json!({ "sub": "user_1", "tenant_id": tenant_id }));
        assert_eq!(
            ask_with(&any_issuer(), &claims),
            Err(Unauthorized::Unusable),
            "{tenant_id:?}"
        );
    }
    for sub in ["a\nb", &long] {
        let claims = claims(json!({ "sub": sub }));
        assert_eq!(
            ask_with(&any_issuer(), &claims),
            Err(Unauthorized::Unusable),
            "{sub:?}"
        );
    }
}

proptest! {
    #[test]
    fn no_user_reads_the_calls_of_another_tenant(
        sub in "[a-c]{1,2}",
        tenant_id in "[a-c]{1,2}",
        role in prop::option::of("admin|developer|viewer|platform|user"),
        user_id in "[a-c]{1,2}",
        of_tenant in "[a-c]{1,2}",
    ) {
        let changes = json!({ "sub": &sub, "tenant_id": &tenant_id, "role": &role });
        let caller = ask_with(&any_issuer(), &claims(changes)).expect("a caller");
        let owner = Owner { user_id: Some(user_id.clone()), ..Owner::tenant(&of_tenant) };
        let sees_all = matches!(role.as_deref(), Some("admin" | "developer" | "viewer"));
        let is_platform = role.as_deref() == Some("platform");
        let own = tenant_id == of_tenant && !is_platform && (sub == user_id || sees_all);
        prop_assert_eq!(caller.may_read(&owner), own);
    }

    #[test]
    fn no_header_of_chance_has_a_caller(text in "[ -~]{0,200}") {
        prop_assert!(ask_by_header(&text).is_err());
        let bearer = format!("Bearer {text}");
        prop_assert!(ask_by_header(&bearer).is_err());
    }
}

#[test]
fn no_user_reads_a_tenants_calls_by_bearing_its_name() {
    let caller = ask_with(&any_issuer(), &claims(json!({ "sub": "acme" }))).expect("a caller");
    assert!(!caller.may_read(&Owner::tenant("acme")));
    let of_tenant = claims(json!({ "sub": "acme", "tenant_id": "acme" }));
    let caller = ask_with(&any_issuer(), &of_tenant).expect("a caller");
    assert!(caller.may_read(&Owner::tenant("acme")));
}
