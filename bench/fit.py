"""The exponent of a growth."""

import math

Point = dict[str, float]


def exponent(points: list[Point], figure: str) -> float | None:
    """The slope of `figure` over `n` on logarithmic scales, by least squares over the upper half of the points.

    A fixed cost hides the growth where little is there yet; so only the upper half counts, and at least three points.
    `None` if the figure is zero there.
    """
    upper = points[-max(3, math.ceil(len(points) / 2)) :]
    if any(point[figure] <= 0 for point in upper):
        return None
    xs = [math.log(point["n"]) for point in upper]
    ys = [math.log(point[figure]) for point in upper]
    middle_x, middle_y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - middle_x) ** 2 for x in xs)
    return round(sum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True)) / spread, 2)
