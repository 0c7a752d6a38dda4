"""Batches of which AWS does one part and returns the other, as it may when it is short of capacity."""

import json
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]
# Sends a request's body on, and gives the answer.
Forward = Callable[[bytes], Json]
OPERATIONS = ("BatchGetItem", "SendMessageBatch")


def half(operation: str, body: bytes, forward: Forward) -> bytes:
    """The answer to a batch of which the first half was done; of a single one, none."""
    request = json.loads(body)
    answer = _read(request, forward) if operation == "BatchGetItem" else _send(request, forward)
    return json.dumps(answer).encode()


def _read(request: Json, forward: Forward) -> Json:
    wanted: dict[str, Json] = request["RequestItems"]
    done, left = {}, {}
    for table, of_table in wanted.items():
        middle = len(of_table["Keys"]) // 2
        done[table] = of_table | {"Keys": of_table["Keys"][:middle]}
        left[table] = of_table | {"Keys": of_table["Keys"][middle:]}
    done = {table: of_table for table, of_table in done.items() if of_table["Keys"]}
    answer = forward(_body(request | {"RequestItems": done})) if done else {"Responses": {}}
    return answer | {"UnprocessedKeys": left}


def _send(request: Json, forward: Forward) -> Json:
    entries = request["Entries"]
    middle = len(entries) // 2
    done = entries[:middle]
    answer = forward(_body(request | {"Entries": done})) if done else {"Successful": []}
    left = [{"Id": entry["Id"], "SenderFault": False, "Code": "InternalError"} for entry in entries[middle:]]
    return answer | {"Failed": left}


def _body(request: Json) -> bytes:
    return json.dumps(request).encode()
