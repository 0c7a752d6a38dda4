"""The page that says how costs grow: docs/GROWTH.md, between its marks."""

import re
from typing import Any

from .binaries import ROOT
from .point import FIGURES

PAGE = ROOT / "docs" / "GROWTH.md"
# From here on what stands after the point says nothing.
MANY = 1_000


def write_page(found: dict[str, Any]) -> None:
    """Replaces the tables of the page."""
    text = PAGE.read_text()
    for name, sweep in found["sweeps"].items():
        marks = f"<!-- begin {name} -->", f"<!-- end {name} -->"
        between = re.compile(f"{marks[0]}.*?{marks[1]}", re.DOTALL)
        if not between.search(text):
            raise SystemExit(f"{PAGE.name} has no place for {name}")
        made = f"{marks[0]}\n\n{_table(sweep)}\n{_where(sweep)}\n\n{marks[1]}"
        text = between.sub(lambda _, made=made: made, text)
    PAGE.write_text(text)


def _where(sweep: dict[str, Any]) -> str:
    return f"Measured on {sweep['date']} at commit `{sweep['commit']}`, {sweep['machine']}."


def _table(sweep: dict[str, Any]) -> str:
    rows = [
        f"| cost of an invocation | {' | '.join(FIGURES.values())} |",
        f"| --- |{' ---: |' * len(FIGURES)}",
    ]
    for name, line in sweep["lines"].items():
        first, last = line["points"][0], line["points"][-1]
        for point in (first, last):
            cells = " | ".join(_number(point[figure]) for figure in FIGURES)
            rows.append(f"| {name}, n = {point['n']:,} | {cells} |")
        cells = " | ".join(_exponent(line["exponents"][figure]) for figure in FIGURES)
        rows.append(f"| {name}, exponent | {cells} |")
    return "\n".join(rows) + "\n"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) or value > MANY else f"{value:,.2f}"


def _exponent(value: float | None) -> str:
    return "none" if value is None else f"**{value:.2f}**"
