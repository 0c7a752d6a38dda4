"""Whether docs/OPERATIONS.md and the stack answer the same questions."""

import re
from collections.abc import Iterator

from ..settings import ROOT
from .resources import Resources, of_type

OPERATIONS = ROOT / "docs" / "OPERATIONS.md"


def questions(resources: Resources) -> Iterator[str]:
    """Every question of docs/OPERATIONS.md is a saved query, and every saved query answers one."""
    logs = re.search(r"^## Logs\n.*?(?=^## )", OPERATIONS.read_text(), flags=re.DOTALL | re.MULTILINE)
    rows = re.findall(r"^\| ([^`|]+?) \| ", logs[0] if logs else "", flags=re.MULTILINE)
    asked = {row for row in rows if row not in ("question", "---")}
    saved = {
        query["Name"]["Fn::Sub"].removeprefix("ringpost/${Stage}/"): name
        for name, query in of_type(resources, "AWS::Logs::QueryDefinition").items()
    }
    for question in sorted(asked - saved.keys()):
        yield f"docs/OPERATIONS.md asks {question!r}, which no AWS::Logs::QueryDefinition answers"
    for question in sorted(saved.keys() - asked):
        yield f"{saved[question]} is no question of docs/OPERATIONS.md, under Logs: {question!r}"
