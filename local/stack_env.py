"""stack.env: how everything else reaches the running stack. Its secrets are random and live as long as the stack."""

import secrets
import time
import uuid

from project.settings import ACCESS_KEY_ID, HOME, REGION, SECRET_ACCESS_KEY, endpoint
from project.state import write_private
from samples import known_secrets, tokens
from samples.tenant import TENANT, USER

from .settings import ELEVENLABS_PORT

PATH = HOME / "stack.env"
TOKEN_SECONDS = 86_400

Values = dict[str, str]


def generate(port: int) -> Values:
    """Every key but RINGPOST_URL and CALL_CAPTURE_API_KEY, which the deployed API decides."""
    jwt_secret = secrets.token_urlsafe(32)
    return {
        "RINGPOST_JWT_SECRET": jwt_secret,
        "RINGPOST_TENANT": TENANT,
        "RINGPOST_USER": USER,
        **_tokens(jwt_secret),
        "LIVEKIT_API_KEY": f"API{secrets.token_hex(6)}",
        "LIVEKIT_API_SECRET": secrets.token_urlsafe(32),
        "LIVEKIT_WEBHOOK_SECRET": secrets.token_urlsafe(32),
        "SIGNALWIRE_SIGNING_KEY": f"PSK_{secrets.token_urlsafe(24)}",
        "ELEVENLABS_WEBHOOK_SECRET": f"wsec_{secrets.token_hex(32)}",
        "ELEVENLABS_API_KEY": f"sk_{secrets.token_hex(24)}",
        "CALL_CAPTURE_COMPANY_ID": str(uuid.uuid4()),
        "ELEVENLABS_API_URL": f"http://127.0.0.1:{ELEVENLABS_PORT}",
        "AWS_ENDPOINT_URL": endpoint(port),
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
    }


def renewed(values: Values) -> Values:
    """The same values with tokens that are valid for another day."""
    return values | _tokens(values["RINGPOST_JWT_SECRET"])


def write(values: Values) -> None:
    """Replaces the file whole: a reader finds a stack that works."""
    write_private(PATH, "".join(f"{key}={value}\n" for key, value in values.items()))


def read() -> Values:
    """The file of the running stack; empty when there is none."""
    if not PATH.exists():
        return {}
    return dict(line.split("=", 1) for line in PATH.read_text().splitlines())


def console(values: Values) -> str:
    """The console's address with the administrator's token, which the page takes out of it."""
    return f"{values['RINGPOST_URL']}/console/index.html#token={values['RINGPOST_TOKEN']}"


def parameters(values: Values) -> Values:
    """What the SSM parameters of the local stage hold: the stack's own secrets, then those of the sample events."""
    accepted = (values, known_secrets.SECRETS)
    return {
        "livekit-api-keys": "\n".join(f"{each['LIVEKIT_API_KEY']}:{each['LIVEKIT_API_SECRET']}" for each in accepted),
        "livekit-webhook-secrets": "\n".join(each["LIVEKIT_WEBHOOK_SECRET"] for each in accepted),
        "signalwire-signing-keys": "\n".join(each["SIGNALWIRE_SIGNING_KEY"] for each in accepted),
        "elevenlabs-webhook-secrets": "\n".join(each["ELEVENLABS_WEBHOOK_SECRET"] for each in accepted),
        "elevenlabs-api-key": values["ELEVENLABS_API_KEY"],
        "token-keys": "\n".join(each["RINGPOST_JWT_SECRET"] for each in accepted),
    }


def _tokens(jwt_secret: str) -> Values:
    """Of the demonstration tenant's administrator, and of the platform that assigns numbers to tenants."""
    now = int(time.time())
    valid = {"iat": now, "exp": now + TOKEN_SECONDS}
    return {
        "RINGPOST_TOKEN": tokens.sign(jwt_secret, {"sub": USER, "tenant_id": TENANT, "role": "admin", **valid}),
        "RINGPOST_PLATFORM_TOKEN": tokens.sign(jwt_secret, {"sub": "platform", "role": "platform", **valid}),
    }
