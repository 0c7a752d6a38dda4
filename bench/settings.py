"""What the functions are started with: a stage of the benchmark and its secrets."""

from samples.known_secrets import SECRETS

PARAMETERS = {
    "livekit-api-keys": f"{SECRETS['LIVEKIT_API_KEY']}:{SECRETS['LIVEKIT_API_SECRET']}",
    "livekit-webhook-secrets": SECRETS["LIVEKIT_WEBHOOK_SECRET"],
    "signalwire-signing-keys": SECRETS["SIGNALWIRE_SIGNING_KEY"],
    "elevenlabs-webhook-secrets": SECRETS["ELEVENLABS_WEBHOOK_SECRET"],
    "token-keys": SECRETS["RINGPOST_JWT_SECRET"],
}
ENVIRONMENT = {
    # Only the local stage takes the secrets of the samples.
    "STAGE": "local",
    # The samples are of 2025, and nothing is announced of events that are older than what is kept.
    "RETENTION_DAYS": "3650",
    "CALL_RETENTION_DAYS": "0",
    "DEFAULT_TENANT": "demo",
    "SECRETS_PREFIX": "/ringpost/bench/",
    "TOKEN_ALGORITHM": "HS256",
    "EVENTS_TABLE": "events",
    "CHUNKS_TABLE": "chunks",
    "CALLS_TABLE": "calls",
    "HISTORY_TABLE": "history",
    "DIRECTORY_TABLE": "directory",
    "FAN_OUT_RETRY_QUEUE_URL": "https://localhost/retry",
    "TRANSCRIPT_QUEUE_URL": "https://localhost/transcripts",
    "DEFERRED_EVENTS_QUEUE_URL": "https://localhost/deferred",
    "DUE_TABLE": "due",
    "DELIVER_TO_LOOPBACK": "true",
    "WEBHOOK_CONFIGS_TABLE": "webhook-configs",
    "DELIVERY_QUEUE_URL": "https://localhost/deliveries",
    "SLOW_DELIVERY_QUEUE_URL": "https://localhost/slow-deliveries",
    "RECOVERY_QUEUE_URL": "https://localhost/recoveries",
    "UNFINISHED_AFTER_HOURS": "4",
    "TOKEN_LIFETIME_HOURS": "744",
    "LIMITS_TABLE": "limits",
    "USER_REQUESTS_PER_MINUTE": "1000",
    "ADDRESS_REQUESTS_PER_MINUTE": "0",
    "PUBLISHED_EVENTS_PER_MINUTE": "600",
    "SUBMITTED_CALLS_PER_MINUTE": "3000",
    "ACCOUNT_WEBHOOKS_PER_MINUTE": "6000",
    "QUESTIONS_PER_MINUTE": "60",
    "DEFAULT_AGENT_NAME": "telephony-agent",
    "ELEVENLABS_STATUS_ALLOW_LIST": "127.0.0.1/32",
}
