"""A stage's tables as an operator's command reads them: every item, whatever its layout, and its texts."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import zstandard

from project.progress import Failure, say

from . import counts
from .items import Item

# The values of a table's key attributes, in their order.
Key = tuple[str, ...]
# An expression and the texts that stand in it.
Condition = tuple[str, Mapping[str, str]]

TABLES = ("Calls", "Chunks", "Directory", "Due", "Events", "History", "WebhookConfigs")
ZSTD = b"\x28\xb5\x2f\xfd"
# No body that Lambda can receive is larger (lib/src/store/payload.rs).
MAX_PAYLOAD_BYTES = 8 * 1024 * 1024
BYTES_PER_READ_UNIT = 4096  # strongly consistent
READ_UNITS_PRICE = 0.125  # $ per million
SECONDS_BETWEEN_LINES = 2
# DynamoDB deletes and reads at most this many items at once.
BATCH = 25
READ_BATCH = 100
TRIES = 8


class UnreadableError(Exception):
    """A payload that cannot be decompressed."""


class Store:
    """The tables of a stack, by their names in template.yaml."""

    def __init__(self, cloudformation: Any, dynamodb: Any, stack: str) -> None:
        """Every table of the stack counts, also one that this code does not know."""
        self._dynamodb = dynamodb
        # How many requests for items were made.
        self.requests = 0
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
        resources = (resource for page in pages for resource in page["StackResourceSummaries"])
        self._names = {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for resource in resources
            if resource["ResourceType"] == "AWS::DynamoDB::Table"
        }
        if missing := [name for name in TABLES if name not in self._names]:
            raise Failure(f"The stack {stack} has no table {', '.join(missing)}.")
        self._described = {
            name: dynamodb.describe_table(TableName=table)["Table"] for name, table in self._names.items()
        }

    @property
    def tables(self) -> list[str]:
        return sorted(self._names)

    def described(self, table: str) -> dict[str, Any]:
        return self._described[table]

    def size(self, *tables: str) -> str:
        """The size of all or some tables, and what it costs to read them, for a person."""
        return size_and_price([self._described[name] for name in tables or self._described])

    def key(self, table: str, item: Item) -> Key:
        return tuple(str(next(iter(item[name].values()))) for name in self._key_names(table))

    def items(self, table: str, *names: str) -> Iterator[Item]:
        """All items of a table, page by page, or only some attributes of them."""
        yield from self._with_progress(table, self._pages("scan", table, names))

    def partition(self, table: str, value: str) -> Iterator[Item]:
        """The keys of all items of a partition."""
        names = self._key_names(table)
        condition = {"KeyConditionExpression": "#0 = :value", "ExpressionAttributeValues": {":value": {"S": value}}}
        for page in self._pages("query", table, names, **condition):
            yield from page["Items"]

    def between(
        self, table: str, first: Key, last: Key, names: Iterable[str] = (), only: Condition | None = None
    ) -> Iterator[Item]:
        """The items of one partition from the first to the last key, or only these attributes of some of them."""
        pk, sk = self._key_names(table)
        start, end = self._typed(table, first), self._typed(table, last)
        condition = {
            "KeyConditionExpression": "#pk = :pk AND #sk BETWEEN :first AND :last",
            "ExpressionAttributeNames": {"#pk": pk, "#sk": sk},
            "ExpressionAttributeValues": {":pk": start[pk], ":first": start[sk], ":last": end[sk]},
        }
        if only:
            expression, values = only
            condition["FilterExpression"] = expression
            condition["ExpressionAttributeValues"] |= {name: {"S": value} for name, value in values.items()}
        for page in self._pages("query", table, names, **condition):
            yield from page["Items"]

    def get(self, wanted: Mapping[str, Iterable[Key]], names: Mapping[str, Iterable[str]]) -> dict[str, list[Item]]:
        """Those of the items of these keys that there are, by table; of some tables only these attributes."""
        left = [(table, self._typed(table, key)) for table, keys in wanted.items() for key in dict.fromkeys(keys)]
        found: dict[str, list[Item]] = {table: [] for table in wanted}
        tables = {self._names[table]: table for table in wanted}
        while left:
            batch, left = left[:READ_BATCH], left[READ_BATCH:]
            request = {}
            for table in {table for table, _ in batch}:
                part = {"Keys": [key for of, key in batch if of == table], "ConsistentRead": True}
                request[self._names[table]] = part | _projection(names.get(table, ()))
            for answer in until_processed(self._dynamodb.batch_get_item, request):
                self.requests += 1
                for name, items in answer["Responses"].items():
                    found[tables[name]] += items
        return found

    def find(self, table: str, *values: str) -> Item | None:
        self.requests += 1
        found = self._dynamodb.get_item(
            TableName=self._names[table], Key=self._typed(table, values), ConsistentRead=True
        )
        return found.get("Item")

    def delete(self, table: str, keys: Iterable[Key]) -> None:
        left = [{"DeleteRequest": {"Key": self._typed(table, key)}} for key in keys]
        for start in range(0, len(left), BATCH):
            request = {self._names[table]: left[start : start + BATCH]}
            list(until_processed(self._dynamodb.batch_write_item, request))

    def drop_counts(self, calls: Iterable[Item]) -> None:
        """To be called before these calls are deleted."""
        counts.drop(self._dynamodb, self._names["Calls"], calls)

    def put(self, table: str, item: Item, condition: str, **more: Any) -> bool:
        """Puts an item. False where the condition does not hold, and nothing was written."""
        try:
            self._dynamodb.put_item(TableName=self._names[table], Item=item, ConditionExpression=condition, **more)
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _key_names(self, table: str) -> list[str]:
        return [element["AttributeName"] for element in self._described[table]["KeySchema"]]

    def _typed(self, table: str, values: Iterable[str]) -> Item:
        described = self._described[table]["AttributeDefinitions"]
        types = {attribute["AttributeName"]: attribute["AttributeType"] for attribute in described}
        return {name: {types[name]: value} for name, value in zip(self._key_names(table), values, strict=True)}

    def _pages(self, operation: str, table: str, names: Iterable[str], **more: Any) -> Iterator[dict[str, Any]]:
        request = {"TableName": self._names[table], "ConsistentRead": True} | more
        projection = _projection(names)
        if projection:
            placeholders = projection["ExpressionAttributeNames"] | more.get("ExpressionAttributeNames", {})
            request |= projection | {"ExpressionAttributeNames": placeholders}
        for page in self._dynamodb.get_paginator(operation).paginate(**request):
            self.requests += 1
            yield page

    def _with_progress(self, table: str, pages: Iterable[dict[str, Any]]) -> Iterator[Item]:
        """The items of the pages; prints every few seconds how far it is."""
        count, printed = 0, time.monotonic()
        for page in pages:
            count += len(page["Items"])
            if time.monotonic() - printed > SECONDS_BETWEEN_LINES:
                printed = time.monotonic()
                say(f"  {table}: {count:,} of about {self._described[table].get('ItemCount', 0):,} items read")
            yield from page["Items"]


def size_and_price(described: Iterable[dict[str, Any]], bytes_per_unit: int = BYTES_PER_READ_UNIT) -> str:
    """How large tables are and what it costs to read them whole, for a person."""
    tables = list(described)
    items = sum(table.get("ItemCount", 0) for table in tables)
    size = sum(table.get("TableSizeBytes", 0) for table in tables)
    return f"about {items:,} items, {size / 1e6:,.1f} MB, ${size / bytes_per_unit * READ_UNITS_PRICE / 1e6:,.2f}"


def until_processed(operation: Callable[..., dict[str, Any]], request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The answers to a batch. What DynamoDB leaves, because it is busy or items are large, is asked for again."""
    for attempt in range(TRIES):
        answer = operation(RequestItems=request)
        yield answer
        request = answer.get("UnprocessedKeys") or answer.get("UnprocessedItems") or {}
        if not request:
            return
        time.sleep(2**attempt / 10)
    raise Failure("DynamoDB is overloaded: not everything was done. Repeat the command.")


def _projection(names: Iterable[str]) -> dict[str, Any]:
    """What asks for these attributes alone; for all of them where none is named."""
    placeholders = {f"#{place}": name for place, name in enumerate(names)}
    if not placeholders:
        return {}
    return {"ProjectionExpression": ", ".join(placeholders), "ExpressionAttributeNames": placeholders}


def texts(item: Item) -> Iterator[str]:
    """Everything that an item says in words: its numbers are times, counts and ids."""
    for value in item.values():
        if "S" in value:
            yield value["S"]
        elif "B" in value:
            yield decompressed(bytes(value["B"]))


def decompressed(stored: bytes) -> str:
    """A payload as text. Of one whose end is missing, what there is."""
    if not stored.startswith(ZSTD):
        return stored.decode(errors="replace")
    try:
        if zstandard.frame_content_size(stored) > MAX_PAYLOAD_BYTES:
            raise UnreadableError
        return zstandard.ZstdDecompressor().decompressobj().decompress(stored).decode(errors="replace")
    except zstandard.ZstdError as error:
        raise UnreadableError from error
