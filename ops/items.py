"""An item as DynamoDB gives it."""

from typing import Any

Item = dict[str, dict[str, Any]]


def text(item: Item, name: str) -> str:
    """A string or number of an item; empty where it has none."""
    value = item.get(name, {})
    return value.get("S") or value.get("N") or ""
