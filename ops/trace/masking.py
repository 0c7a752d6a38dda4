"""What a trace may print: no whole phone number, no secret, no token. The functions log none; people choose names."""

import re
from urllib.parse import urlsplit

UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# Thirteen digits from 1 are a time in milliseconds, which event keys end with: no country has such a number.
TIMESTAMP = r"(?<![0-9A-Za-z+])1\d{12}(?![0-9A-Za-z])"
NUMBER = r"(?:\+|%2[Bb])\d{7,15}|(?<![0-9A-Za-z])\d{7,15}(?![0-9A-Za-z])"
HIDDEN = r"\b(?:whsec_|wsec_|rpk_|sk_|PSK_)[A-Za-z0-9+/=_-]{8,}|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.?[\w-]*"
NAMES = re.compile(f"(?P<kept>{UUID}|{TIMESTAMP})|(?P<secret>{HIDDEN})|(?P<number>{NUMBER})")
# In words a number may be spread over spaces, brackets and dashes.
SPREAD = re.compile(r"(?<!\w)\+?\(?\d(?:[ ().-]{0,2}\d){6,14}(?!\w)")


def number(text: str) -> str:
    """The last two digits of a phone number, as the functions show it."""
    return f"+…{text[-2:]}"


def name(text: str) -> str:
    """An id, a key or a text of a log, its numbers and secrets masked."""
    return NAMES.sub(_masked, text)


def words(text: str) -> str:
    """What people wrote."""
    return SPREAD.sub(lambda found: number(found[0]), name(text))


def host(url: str) -> str:
    """Where a URL leads; all else of it may be a credential."""
    try:
        return urlsplit(url).hostname or "no host"
    except ValueError:
        return "no host"


def _masked(found: re.Match[str]) -> str:
    if found["kept"]:
        return found["kept"]
    return "…" if found["secret"] else number(found["number"])
