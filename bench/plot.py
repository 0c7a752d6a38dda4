"""A plot of a sweep as SVG: both scales logarithmic, readable on a light and on a dark page."""

import math
from collections.abc import Iterable
from html import escape
from typing import Any

from .fit import Point, exponent

# The panels: what each shows, and of which figures it is the sum.
PANELS = {
    "CPU, ms": ("cpu_ms",),
    "AWS requests": ("requests",),
    "write and read units": ("write_units", "read_units"),
}
WIDTH, HEIGHT, TOP, LEFT, STEP, BELOW, ENTRY = 330, 210, 46, 52, 402, 44, 228
MILLION, GROWS = 6, 0.1
COLOURS = ("#2f6fde", "#d1652a", "#2c9a62", "#a453c4", "#b58900")
STYLE = """
    text { font: 12px system-ui, sans-serif; fill: #24292f } .small { font-size: 11px } .title { font-weight: 600 }
    .grid { stroke: #d0d7de; stroke-width: 1 } path { fill: none; stroke-width: 2 }
    @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .grid { stroke: #3d444d } }
"""


def plot(sweep: dict[str, Any]) -> str:
    """The panels beside one another, and below them which line is which."""
    lines = {name: line["points"] for name, line in sweep["lines"].items()}
    parts = []
    for number, (title, figures) in enumerate(PANELS.items()):
        panel = _panel(title, sweep["quantity"], [_sums(points, figures) for points in lines.values()])
        parts.append(f'<g transform="translate({number * STEP + LEFT} {TOP})">{panel}</g>')
    below = TOP + HEIGHT + BELOW
    for number, (name, colour) in enumerate(zip(lines, COLOURS, strict=False)):
        x = LEFT + number * ENTRY
        parts.append(f'<path d="M{x} {below + 8}h22" stroke="{colour}"/>')
        parts.append(f'<text x="{x + 28}" y="{below + 12}">{escape(name)}</text>')
    label = escape(f"{sweep['title']}: the cost of an invocation")
    size = f'viewBox="0 0 {len(PANELS) * STEP} {below + 30}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{label}">'
    return f"{head}<style>{STYLE}</style>{''.join(parts)}</svg>\n"


def _sums(points: list[Point], figures: tuple[str, ...]) -> list[Point]:
    """The points that can be shown: zero has no logarithm."""
    sums = ({"n": point["n"], "sum": sum(point[figure] for figure in figures)} for point in points)
    return [point for point in sums if point["sum"] > 0]


class Scale:
    """A logarithmic scale over whole decades."""

    def __init__(self, values: Iterable[float], begin: float, end: float) -> None:
        """From the place `begin` to the place `end`."""
        logarithms = [math.log10(value) for value in values]
        self.low = math.floor(min(logarithms))
        self.high = max(math.ceil(max(logarithms)), self.low + 1)
        self._begin, self._end = begin, end

    def at(self, value: float) -> float:
        """The place of a value."""
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return round(self._begin + share * (self._end - self._begin), 1)

    def decades(self) -> list[tuple[float, str]]:
        """The place and the name of every power of ten."""
        return [(self.at(10**decade), _name(decade)) for decade in range(self.low, self.high + 1)]


def _panel(title: str, quantity: str, lines: list[list[Point]]) -> str:
    shown = [point for points in lines for point in points]
    x = Scale((point["n"] for point in shown), 0, WIDTH)
    y = Scale((point["sum"] for point in shown), HEIGHT, 0)
    drawn = [f'<text class="title" x="0" y="-14">{title}</text>']
    for at, name in x.decades():
        drawn.append(f'<path class="grid" d="M{at} 0V{HEIGHT}"/>')
        drawn.append(f'<text class="small" x="{at}" y="{HEIGHT + 16}" text-anchor="middle">{name}</text>')
    for at, name in y.decades():
        drawn.append(f'<path class="grid" d="M0 {at}H{WIDTH}"/>')
        drawn.append(f'<text class="small" x="-6" y="{at + 4}" text-anchor="end">{name}</text>')
    drawn.append(f'<text class="small" x="{WIDTH / 2}" y="{HEIGHT + 34}" text-anchor="middle">{quantity}</text>')
    for points, colour in zip(lines, COLOURS, strict=False):
        if points:
            drawn += _line(points, colour, x, y)
    return "".join(drawn)


def _line(points: list[Point], colour: str, x: Scale, y: Scale) -> list[str]:
    """A line, and at its end the exponent if it grows."""
    places = [(x.at(point["n"]), y.at(point["sum"])) for point in points]
    path = "L".join(f"{across} {down}" for across, down in places)
    drawn, (across, down), slope = [f'<path d="M{path}" stroke="{colour}"/>'], places[-1], exponent(points, "sum")
    if slope >= GROWS:
        of_line = f'class="small" style="fill: {colour}" text-anchor="end"'
        drawn.append(f'<text {of_line} x="{across - 4}" y="{down - 6}">n^{slope:.2f}</text>')
    return drawn


def _name(decade: int) -> str:
    if decade >= MILLION:
        return f"{10 ** (decade - MILLION)} M"
    return f"{10**decade:,}" if decade >= 0 else f"{10.0**decade:g}"
