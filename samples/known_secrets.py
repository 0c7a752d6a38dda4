"""What signs the sample events. The local stage accepts it beside its own random secrets; nothing else ever does."""

SECRETS = {
    "RINGPOST_JWT_SECRET": "local-stack-jwt-secret-0123456789abcdef",
    "LIVEKIT_API_KEY": "APIlocalstack",
    "LIVEKIT_API_SECRET": "local-stack-livekit-api-secret-0123456789",
    "LIVEKIT_WEBHOOK_SECRET": "local-stack-livekit-webhook-secret-012345",
    "SIGNALWIRE_SIGNING_KEY": "PSK_localstack0123456789abcdef",
    "ELEVENLABS_WEBHOOK_SECRET": "wsec_localstack0123456789abcdef0123456789",
    "CALL_CAPTURE_API_KEY": "rpk_local-stack-call-capture-key-0123456789abcd",
    "CALL_CAPTURE_COMPANY_ID": "7c8693c6-976e-4324-9123-2c1d811605f9",
}
