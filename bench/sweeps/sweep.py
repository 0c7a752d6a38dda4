"""What a sweep is."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# Each has `n`, the quantity, and the figures of point.py.
Points = list[dict[str, float]]


@dataclass(frozen=True)
class Sweep:
    """A quantity, and what costs more the larger it is."""

    title: str
    quantity: str
    functions: tuple[str, ...]
    # From the folder of the binaries to the points of each line.
    measure: Callable[[Path], dict[str, Points]]
