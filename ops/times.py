"""Times in milliseconds since 1970, as operators' commands read and print them."""

import argparse
import datetime

SECOND, MINUTE = 1_000, 60_000
# Of a length of time, in seconds.
UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def argument(text: str) -> int:
    """A time as an operator writes it."""
    try:
        at = datetime.datetime.fromisoformat(text)
    except ValueError:
        at = None
    if not at or not at.tzinfo:
        raise argparse.ArgumentTypeError(f"must be a time with its zone, like 2026-11-01T00:00Z, not {text!r}")
    return int(at.timestamp() * 1000)


def now() -> int:
    """The present time."""
    return int(datetime.datetime.now(datetime.UTC).timestamp() * 1000)


def shown(millis: int) -> str:
    """`2026-11-01T00:00:00Z`."""
    return datetime.datetime.fromtimestamp(millis // 1000, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def exact(millis: int) -> str:
    """`2026-11-01T00:00:00.123Z`, as the functions show it."""
    return f"{day(millis)}T{clock(millis)}Z"


def day(millis: int) -> str:
    """`2026-11-01`."""
    return shown(millis)[:10]


def clock(millis: int) -> str:
    """`00:00:00.123`."""
    return f"{shown(millis)[11:19]}.{millis % 1000:03}"


def span(millis: int) -> str:
    """A length of time in its two largest units."""
    if abs(millis) < SECOND:
        return f"{millis} ms"
    if abs(millis) < MINUTE:
        return f"{millis / SECOND:.1f} s"
    rest, parts = round(abs(millis) / SECOND), []
    for name, length in UNITS:
        count, rest = divmod(rest, length)
        if count or parts:
            parts.append(f"{count} {name}")
    return ("-" if millis < 0 else "") + " ".join(part for part in parts[:2] if not part.startswith("0 "))
