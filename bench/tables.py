"""A stand-in for DynamoDB that keeps items and counts what AWS would bill for each request.

It knows the operations and the expressions that `lib/src/store` uses, and no others: an unknown one raises.
"""

import math
import re
from bisect import bisect_left, bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
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
# By what a query of a table or of its index finds items in order.
SORTS = {
    ("history", None): ("id",),
    ("webhook-configs", None): ("id",),
    ("calls", "by-tenant"): ("createdAt", "id"),
    ("directory", "by-tenant"): ("key",),
}
WRITE_UNIT, READ_UNIT = 1024, 4096
# A page of a query ends here.
PAGE = 1_000_000
# It comes after every word.
LAST = chr(0x10FFFF)
TERM = r"attribute_(?:not_)?exists\([#\w]+\)|[#\w]+ BETWEEN :\w+ AND :\w+|[#\w]+ (?:=|<|>) :\w+"
Key = tuple[str, ...]
Place = tuple[int | str, ...]


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


class Made(dict[Key, Item]):
    """Items beyond counting: one that was not put is made when it is read."""

    def __init__(self, make: Callable[[Key], Item | None]) -> None:
        """`make` gives the item of a key."""
        super().__init__()
        self._make = make

    def get(self, key: Key, default: Any = None) -> Any:
        """The item of a key."""
        return super().get(key) or self._make(key) or default


class Tables:
    """Items by table and key, and what was billed since `reset`."""

    def __init__(self) -> None:
        """Without items."""
        self.items: dict[str, dict[Key, Item]] = defaultdict(dict)
        # The places of the items in a partition of a table or of its index, in order.
        self.order: dict[tuple[str, str | None], dict[str, Sequence[Place]]] = defaultdict(dict)
        self.reset()

    def reset(self) -> None:
        """Begins to count anew."""
        self.writes: Counter[str] = Counter()
        self.index_writes: Counter[str] = Counter()
        self.reads: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()

    def put(self, table: str, item: Item) -> None:
        """Puts an item there that costs nothing: it was there before."""
        key = _key(table, item)
        before = self.items[table].get(key)
        self.items[table][key] = item
        for index in (None, "by-tenant"):
            if (table, index) in SORTS:
                self._arrange(table, index, before, item)

    def _arrange(self, table: str, index: str | None, before: Item | None, after: Item) -> None:
        old, new = (_place(table, index, item or {}) for item in (before, after))
        if old == new:
            return
        partitions = self.order[table, index]
        if old:
            partitions[old[0]].remove(old[1])
        if new:
            insort(partitions.setdefault(new[0], []), new[1])

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
        table, index = body["TableName"], body.get("IndexName")
        places, last, read, found, scanned = self._places(body), None, 0, [], 0
        for place in places:
            item = self._at(table, index, place)
            scanned, read = scanned + 1, read + size(item)
            if _holds(body.get("FilterExpression"), item, body):
                found.append(_projected(item, body))
            if scanned == body.get("Limit") or read > PAGE:
                last = item
                break
        units = max(1, math.ceil(read / READ_UNIT))
        self.reads[table] += units if body.get("ConsistentRead") else units / 2
        answer = {"Items": found, "Count": len(found), "ScannedCount": scanned}
        names = {*KEYS[table], *((INDEXES[table][0], *SORTS[table, index]) if index else ())}
        return answer | ({"LastEvaluatedKey": {name: last[name] for name in names}} if last else {})

    def _places(self, body: dict[str, Any]) -> Iterator[tuple[str, Place]]:
        """Where the items of a query are, in the order that it asks for."""
        table, index = body["TableName"], body.get("IndexName")
        partition, low, high = _range(body)
        order = self.order[table, index].get(partition, ())
        start, end = bisect_left(order, low), bisect_right(order, high)
        forward = body.get("ScanIndexForward", True)
        if after := body.get("ExclusiveStartKey"):
            place = _place(table, index, after)[1]
            start, end = (bisect_right(order, place), end) if forward else (start, bisect_left(order, place))
        numbers = range(start, end) if forward else range(end - 1, start - 1, -1)
        return ((partition, order[number]) for number in numbers)

    def _at(self, table: str, index: str | None, found: tuple[str, Place]) -> Item:
        partition, place = found
        if index:
            return _entry(table, self.items[table].get((str(place[-1]),)))
        return self.items[table].get((partition, *map(str, place)))


def _key(table: str, item: Item) -> Key:
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
    return any(all(_is_so(term, item, body) for term in _terms(way)) for way in condition.split(" OR "))


def _terms(way: str) -> list[str]:
    found = re.findall(TERM, way)
    if " AND ".join(found) != way:
        raise ValueError(f"no function has the condition {way}")
    return found


def _is_so(term: str, item: Item, body: dict[str, Any]) -> bool:
    if found := re.fullmatch(r"attribute_(not_)?exists\(([#\w]+)\)", term):
        return (_name(found[2], body) in item) != bool(found[1])
    name, operator, *values = re.findall(r"[#:\w]+|[=<>]", term.replace(" AND ", " "))
    left = item.get(_name(name, body))
    right = [body["ExpressionAttributeValues"][value] for value in values]
    if operator == "=":
        return left == right[0]
    if left is None:
        return False
    match operator:
        case "<":
            return _plain(left) < _plain(right[0])
        case ">":
            return _plain(left) > _plain(right[0])
    return _plain(right[0]) <= _plain(left) <= _plain(right[1])


def _plain(value: dict[str, Any]) -> int | str:
    """What can be compared: a number, or a text."""
    ((kind, content),) = value.items()
    return int(content) if kind == "N" else content


def _place(table: str, index: str | None, item: Item) -> tuple[str, Place] | None:
    """The partition of an item, and its place there."""
    partition = INDEXES[table][0] if index else KEYS[table][0]
    if partition not in item:
        return None
    return str(_plain(item[partition])), tuple(_plain(item[name]) for name in SORTS[table, index])


def _range(body: dict[str, Any]) -> tuple[str, Place, Place]:
    """The partition that a query reads, and from where to where."""
    values = {name: _plain(value) for name, value in body["ExpressionAttributeValues"].items()}
    partition, *rest = _terms(body["KeyConditionExpression"])
    of = str(values[partition.split()[-1]])
    match [term.split() for term in rest]:
        case []:
            return of, (), (LAST,)
        case [[_, "BETWEEN", low, "AND", high]]:
            return of, (values[low],), (values[high], LAST)
        case [[_, ">", low]]:
            return of, (values[low], LAST), (math.inf,)
    raise ValueError(f"no function asks for {rest}")


def _projected(item: Item, body: dict[str, Any]) -> Item:
    """The attributes of an item that a request asks for."""
    if "ProjectionExpression" not in body:
        return item
    names = {_name(name, body) for name in body["ProjectionExpression"].split(", ")}
    return {name: value for name, value in item.items() if name in names}


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
