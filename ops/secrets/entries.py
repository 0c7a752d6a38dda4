"""What the text of a secret parameter holds: entries, one a line, or one JWKS document. No secret is ever shown."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from project.settings import STAGE

from .parameters import NONE, Secret

# What `printf %s ENTRY | sha256sum | cut -c-8` prints.
SHOWN_DIGITS = 8
LEAST_TOKEN_KEY_BYTES = 32
MOST_BYTES = 8192
# The secrets of the sample events have this in them, and no random secret has (lib/src/secrets.rs).
SAMPLES = ("localstack", "local-stack-")


@dataclass(frozen=True)
class Entry:
    """One line of a parameter, or the whole of a document."""

    text: str

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()[:SHOWN_DIGITS]

    @property
    def is_document(self) -> bool:
        return self.text.startswith("{")

    @property
    def tenant(self) -> str:
        """Whose own account it is; empty for the platform's."""
        return _tenant_and_secret(self.text)[0]

    @property
    def pair(self) -> tuple[str, str]:
        """The two halves of `key:secret`, without the tenant; the second is empty where there is no colon."""
        name, _, secret = _tenant_and_secret(self.text)[1].partition(":")
        return name.strip(), secret.strip()

    def shown(self, secret: Secret) -> str:
        """Its fingerprint, and what it has that is no secret."""
        words = [self.fingerprint]
        if self.tenant:
            words.append(f"@{self.tenant}")
        if secret.is_pair:
            words.append(self.pair[0])
        if self.is_document:
            keys = _keys(self.text) or []
            words.append(f"a JWKS document with {', '.join(map(_named, keys)) or 'no key'}")
        return "  ".join(words)


def read(text: str) -> tuple[Entry, ...]:
    """The entries of a parameter's text; none where it says so. What is there twice is there once."""
    text = text.strip()
    if text == NONE:
        return ()
    if text.startswith("{"):
        return (Entry(text),)
    return tuple(dict.fromkeys(Entry(line.strip()) for line in text.splitlines() if line.strip()))


def written(entries: tuple[Entry, ...]) -> str:
    """The text of a parameter with these entries."""
    return "\n".join(entry.text for entry in entries) or NONE


def problems(stage: str, secret: Secret, entries: tuple[Entry, ...]) -> Iterator[str]:
    """Why the functions of a stage would not take these entries. Names them by fingerprint."""
    if len(written(entries).encode()) > MOST_BYTES:
        yield f"Parameter Store takes {MOST_BYTES:,} bytes"
    if len(entries) > 1 and any(entry.is_document for entry in entries):
        yield "a JWKS document cannot stand beside other entries: it holds several keys itself"
    for entry in entries:
        for problem in _problems(stage, secret, entry):
            yield f"{entry.fingerprint} {problem}"


def _problems(stage: str, secret: Secret, entry: Entry) -> Iterator[str]:
    if stage != STAGE and any(sample in entry.text for sample in SAMPLES):
        yield "is a secret of the sample events, which everybody can read"
    if entry.text == NONE:
        yield f"is the word {NONE}, which can only stand alone"
    elif entry.text.startswith("@") and not entry.tenant:
        yield "begins with @ and is not `@tenant secret`"
    elif entry.is_document and not secret.may_be_document:
        yield "is a document, and no secret"
    elif entry.is_document:
        if not _keys(entry.text):
            yield 'is no JWKS document: {"keys": […]} with a key at least'
    elif secret.is_pair and not all(entry.pair):
        yield "is not key:secret"
    elif secret.may_be_document and entry.text.startswith("-----BEGIN"):
        yield "is a PEM file: token keys are HS256 secrets or a JWKS document"
    elif secret.may_be_document and len(entry.text.encode()) < LEAST_TOKEN_KEY_BYTES:
        yield f"is shorter than the {LEAST_TOKEN_KEY_BYTES} bytes of an HS256 secret"


def _tenant_and_secret(text: str) -> tuple[str, str]:
    """Reads `@tenant secret` as the functions do; the tenant is empty where none is named."""
    name, *rest = text.split(maxsplit=1)
    return (name[1:], rest[0]) if rest and name.startswith("@") and name != "@" else ("", text)


def _keys(document: str) -> list[dict[str, Any]] | None:
    """The keys of a JWKS document; None where it is not one."""
    try:
        keys = json.loads(document)["keys"]
    except (ValueError, KeyError, TypeError):
        return None
    return keys if isinstance(keys, list) and all(isinstance(key, dict) for key in keys) else None


def _named(key: dict[str, Any]) -> str:
    return str(key.get("kid") or key.get("kty") or "a key without a name")
