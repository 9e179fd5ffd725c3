"""Curves over two logarithmic axes, as one self-contained SVG."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

Point = tuple[float, float]

_WIDTH, _HEIGHT = 460, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 20, 40, 90
_COLOURS = ("#1f6f8b", "#c8553d", "#6a994e", "#7b4b94", "#b08900")


@dataclass(frozen=True, slots=True)
class Panel:
    """Named curves under one title; all numbers above zero."""

    title: str
    across: str
    curves: Mapping[str, Sequence[Point]]


def svg(panels: Sequence[Panel]) -> str:
    """The panels side by side."""
    body = "\n".join(
        f'<g transform="translate({_WIDTH * at},0)">\n{chr(10).join(_panel(panel))}\n</g>'
        for at, panel in enumerate(panels)
    )
    width = _WIDTH * len(panels)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {_HEIGHT}" width="{width}" height="{_HEIGHT}" '
        f'font-family="sans-serif" font-size="11">\n<rect width="{width}" height="{_HEIGHT}" fill="white"/>\n'
        f"{body}\n</svg>\n"
    )


def _panel(panel: Panel) -> Iterator[str]:
    points = [point for curve in panel.curves.values() for point in curve]
    low_x, high_x = _decades([x for x, _ in points])
    low_y, high_y = _decades([y for _, y in points])

    def place(point: Point) -> tuple[float, float]:
        x = _LEFT + (math.log10(point[0]) - low_x) / (high_x - low_x) * (_WIDTH - _LEFT - _RIGHT)
        y = _HEIGHT - _BOTTOM - (math.log10(point[1]) - low_y) / (high_y - low_y) * (_HEIGHT - _TOP - _BOTTOM)
        return round(x, 1), round(y, 1)

    yield f'<text x="{_WIDTH / 2}" y="20" text-anchor="middle" font-size="13">{escape(panel.title)}</text>'
    for power in range(low_x, high_x + 1):
        x, y = place((10.0**power, 10.0**low_y))
        yield f'<line x1="{x}" y1="{_TOP}" x2="{x}" y2="{y}" stroke="#ddd"/>'
        yield f'<text x="{x}" y="{y + 14}" text-anchor="middle">{_said(power)}</text>'
    for power in range(low_y, high_y + 1):
        x, y = place((10.0**low_x, 10.0**power))
        yield f'<line x1="{x}" y1="{y}" x2="{_WIDTH - _RIGHT}" y2="{y}" stroke="#ddd"/>'
        yield f'<text x="{x - 6}" y="{y + 4}" text-anchor="end">{_said(power)}</text>'
    yield f'<text x="{_WIDTH / 2}" y="{_HEIGHT - _BOTTOM + 30}" text-anchor="middle">{escape(panel.across)}</text>'
    for at, (name, curve) in enumerate(panel.curves.items()):
        colour = _COLOURS[at % len(_COLOURS)]
        spots = [place(point) for point in curve]
        line = " ".join(f"{x},{y}" for x, y in spots)
        yield f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for x, y in spots:
            yield f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>'
        x, y = _LEFT + at % 3 * 125, _HEIGHT - 40 + at // 3 * 18
        yield f'<circle cx="{x}" cy="{y - 4}" r="4" fill="{colour}"/><text x="{x + 8}" y="{y}">{escape(name)}</text>'


def _decades(values: Sequence[float]) -> tuple[int, int]:
    """The powers of ten around the values."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def _said(power: int) -> str:
    return f"{10**power:,}".replace(",", ".") if power >= 0 else f"{10.0**power:.{-power}f}".replace(".", ",")
