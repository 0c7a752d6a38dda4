"""The counts of calls that `call-stats` keeps: who writes or deletes calls drops them first (ADR 40)."""

import datetime
import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from .items import Item, text

PREFIX = "counts#"
# Until then no function stores counts again: longer than a batch of calls takes to be written or deleted.
HOURS = 1


def drop(dynamodb: Any, table: str, calls: Iterable[Item]) -> None:
    """Removes the kept counts of the hours in which these calls were created."""
    hours: dict[str, set[str]] = defaultdict(set)
    for call in calls:
        if "owner" in call and "createdAt" in call:
            created = datetime.datetime.fromtimestamp(int(call["createdAt"]["N"]) / 1000, datetime.UTC)
            tenant = json.loads(text(call, "owner"))["tenantId"]
            hours[f"{PREFIX}{tenant}#{created:%Y-%m-%d}"].add(f"{created:%H}")
    until = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=HOURS)).timestamp() * 1000
    for day, numbers in hours.items():
        dynamodb.update_item(
            TableName=table,
            Key={"id": {"S": day}},
            UpdateExpression=f"SET {', '.join(f'd{number} = :until' for number in sorted(numbers))} "
            f"REMOVE {', '.join(f'h{number}' for number in sorted(numbers))}",
            ExpressionAttributeValues={":until": {"N": str(int(until))}},
        )
