"""A stand-in for DynamoDB that keeps items and counts what AWS would bill for each request.

It knows the operations and the expressions that `lib/src/store` uses, and no others: an unknown one raises.
"""

import math
import re
from collections import Counter, defaultdict
from typing import Any

Item = dict[str, dict[str, Any]]

KEYS = {
    "events": ("key",),
    "chunks": ("of", "index"),
    "calls": ("id",),
    "history": ("tenantShard", "id"),
    "directory": ("key",),
    "due": ("slot", "id"),
    "webhook-configs": ("tenantId", "id"),
    "limits": ("key",),
}
# The attributes of each index: an entry is there if the first one is.
INDEXES = {"calls": ("tenantShard", "createdAt", "id"), "directory": ("tenantKind", "key", "v", "entry", "expiresAt")}
WRITE_UNIT, READ_UNIT = 1024, 4096


def size(item: Item) -> int:
    """Of an item as DynamoDB counts it: names and values, numbers at two digits a byte."""
    total = 0
    for name, value in item.items():
        ((kind, content),) = value.items()
        total += len(name.encode())
        match kind:
            case "S":
                total += len(content.encode())
            case "N":
                total += (len(content) + 1) // 2 + 1
            case "B":
                total += len(content) // 4 * 3 - content.count("=")
            case _:
                raise ValueError(f"no item has {kind}")
    return total


class Tables:
    """Items by table and key, and what was billed since `reset`."""

    def __init__(self) -> None:
        """Without items."""
        self.items: dict[str, dict[tuple[str, ...], Item]] = defaultdict(dict)
        self.reset()

    def reset(self) -> None:
        """Begins to count anew."""
        self.writes: Counter[str] = Counter()
        self.index_writes: Counter[str] = Counter()
        self.reads: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()

    def put(self, table: str, item: Item) -> None:
        """Puts an item there that costs nothing: it was there before."""
        self.items[table][_key(table, item)] = item

    def stored(self) -> dict[str, dict[str, int]]:
        """How many items each table and index has, and their bytes."""
        found = {}
        for table, items in self.items.items():
            found[table] = {"items": len(items), "bytes": sum(map(size, items.values()))}
            entries = [_entry(table, item) for item in items.values()]
            if table in INDEXES:
                there = [entry for entry in entries if entry]
                found[f"{table} by-tenant"] = {"items": len(there), "bytes": sum(map(size, there))}
        return found

    def answer(self, operation: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """The status and the body of a request's answer."""
        self.requests[operation] += 1
        match operation:
            case "PutItem":
                return self._write(body, body["Item"])
            case "UpdateItem":
                before = self.items[body["TableName"]].get(_key(body["TableName"], body["Key"]), body["Key"])
                return self._write(body, _updated(before, body))
            case "GetItem":
                item = self._read(body["TableName"], body["Key"], strongly=body.get("ConsistentRead", False))
                return 200, {"Item": item} if item else {}
            case "BatchGetItem":
                return 200, {"Responses": self._batch(body["RequestItems"]), "UnprocessedKeys": {}}
            case "Query":
                return 200, self._query(body)
        raise ValueError(f"no function asks for {operation}")

    def _write(self, body: dict[str, Any], item: Item) -> tuple[int, dict[str, Any]]:
        table = body["TableName"]
        before = self.items[table].get(_key(table, item))
        if not _holds(body.get("ConditionExpression"), before or {}, body):
            # A refused write is billed as well.
            self.writes[table] += _units(before or item)
            refused = {"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", "message": "no"}
            return 400, refused | ({"Item": before} if before else {})
        self.writes[table] += max(_units(item), _units(before) if before else 0)
        self._write_index(table, before, item)
        self.put(table, item)
        return 200, {"Attributes": item} if body.get("ReturnValues", "NONE") != "NONE" else {}

    def _write_index(self, table: str, before: Item | None, after: Item) -> None:
        old, new = _entry(table, before or {}), _entry(table, after)
        if old == new:
            return
        keys = INDEXES[table][:2]
        if old and new and all(old[name] == new[name] for name in keys):
            self.index_writes[table] += _units(new)
        else:
            # An entry that moves is deleted and put.
            self.index_writes[table] += (_units(old) if old else 0) + (_units(new) if new else 0)

    def _read(self, table: str, key: Item, *, strongly: bool) -> Item | None:
        item = self.items[table].get(_key(table, key))
        # What is not there costs as much as what is small.
        units = max(1, math.ceil(size(item or {}) / READ_UNIT))
        self.reads[table] += units if strongly else units / 2
        return item

    def _batch(self, wanted: dict[str, Any]) -> dict[str, list[Item]]:
        answers = {}
        for table, request in wanted.items():
            strongly = request.get("ConsistentRead", False)
            found = [self._read(table, key, strongly=strongly) for key in request["Keys"]]
            answers[table] = [item for item in found if item]
        return answers

    def _query(self, body: dict[str, Any]) -> dict[str, Any]:
        table = body["TableName"]
        condition = body["KeyConditionExpression"]
        found = [item for item in self.items[table].values() if _holds(condition, item, body)]
        units = max(1, math.ceil(sum(map(size, found)) / READ_UNIT))
        self.reads[table] += units if body.get("ConsistentRead") else units / 2
        return {"Items": found, "Count": len(found), "ScannedCount": len(found)}


def _key(table: str, item: Item) -> tuple[str, ...]:
    return tuple(next(iter(item[name].values())) for name in KEYS[table])


def _entry(table: str, item: Item) -> Item | None:
    names = INDEXES.get(table, ())
    if not names or names[0] not in item:
        return None
    return {name: item[name] for name in names if name in item}


def _units(item: Item) -> int:
    return max(1, math.ceil(size(item) / WRITE_UNIT))


def _holds(condition: str | None, item: Item, body: dict[str, Any]) -> bool:
    if condition is None:
        return True
    return any(all(_is_so(term, item, body) for term in way.split(" AND ")) for way in condition.split(" OR "))


def _is_so(term: str, item: Item, body: dict[str, Any]) -> bool:
    if found := re.fullmatch(r"attribute_(not_)?exists\(([#\w]+)\)", term.strip()):
        return (_name(found[2], body) in item) != bool(found[1])
    name, operator, value = re.fullmatch(r"([#\w]+) (=|<|>) (:\w+)", term.strip()).groups()
    left, right = item.get(_name(name, body)), body["ExpressionAttributeValues"][value]
    if operator == "=":
        return left == right
    if left is None:
        return False
    one, other = int(left["N"]), int(right["N"])
    return one < other if operator == "<" else one > other


def _name(name: str, body: dict[str, Any]) -> str:
    return body["ExpressionAttributeNames"][name] if name.startswith("#") else name


def _updated(before: Item, body: dict[str, Any]) -> Item:
    after, values = dict(before), body["ExpressionAttributeValues"]
    for clause, changes in re.findall(r"(SET|REMOVE|ADD) (.*?)(?= SET | REMOVE | ADD |$)", body["UpdateExpression"]):
        for change in changes.split(", "):
            name, *value = re.split(r" = | ", change.strip())
            name = _name(name, body)
            match clause:
                case "SET":
                    after[name] = values[value[0]]
                case "ADD":
                    after[name] = {"N": str(int(before.get(name, {"N": "0"})["N"]) + int(values[value[0]]["N"]))}
                case "REMOVE":
                    after.pop(name, None)
    return after
