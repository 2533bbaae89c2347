"""Charts drawn on the server as SVG: no script, no inline style, coloured by classes, each with its table for readers."""

import math
import zlib
from collections.abc import Callable, Sequence
from itertools import pairwise

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from entrepot.base.money import yuan

_COLOURS = 8
Shown = Callable[[int], str]


def plain(value: int) -> str:
    """Show a whole number with thousands separators."""
    return f"{value:,}"


def money(value_fen: int) -> str:
    """Show fen as `¥1,577.04`."""
    return f"¥{yuan(value_fen)}"


def _scale(largest: int) -> int:
    """Return a round step of which four reach the largest value."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if step * factor * 4 >= largest:
                return step * factor
        step *= 10


def _table(title: str, *, rows: Sequence[tuple[str, str]]) -> SafeString:
    body = format_html_join("", '<tr><th scope="row">{}</th><td>{}</td></tr>', rows)
    return format_html('<table class="hush"><caption>{}</caption><tbody>{}</tbody></table>', title, body)


def area(
    labels: Sequence[str],
    *,
    values: Sequence[int],
    title: str,
    shown: Shown = plain,
    axis: Shown | None = None,
    width: int = 640,
    height: int = 240,
) -> SafeString:
    """Draw a line over time with the ground below it filled.

    `shown` writes a value for people, `axis` writes it beside the grid when that should be shorter.
    """
    if not values:
        return SafeString("")
    left, right, top, bottom = 52, 12, 14, 36
    step = _scale(max(max(values), 1))
    span_x, span_y = width - left - right, height - top - bottom

    def x(index: int) -> float:
        return left + span_x * index / max(1, len(values) - 1)

    def y(value: int) -> float:
        return top + span_y * (1 - value / (step * 4))

    grid = _grid([(y(v), (axis or shown)(v)) for v in (step * k for k in range(5))], left=left, right=width - right)
    every = max(1, math.ceil(len(labels) / 7))
    names = format_html_join(
        "",
        '<text class="ch-axis" x="{}" y="{}" text-anchor="middle">{}</text>',
        ((f"{x(i):.1f}", height - 8, name) for i, name in enumerate(labels) if i % every == 0),
    )
    points = [(x(i), y(v)) for i, v in enumerate(values)]
    wide = span_x / len(points)
    dots = format_html_join(
        "",
        '<g class="ch-point"><rect class="ch-hit" x="{}" y="{}" width="{}" height="{}"/>'
        '<circle cx="{}" cy="{}" r="3.5"/><title>{}</title></g>',
        (
            (f"{px - wide / 2:.1f}", top, f"{wide:.1f}", span_y, f"{px:.1f}", f"{py:.1f}", f"{name}: {shown(v)}")
            for (px, py), name, v in zip(points, labels, values, strict=True)
        ),
    )
    # The fill is a gradient and a gradient is found by its id, which must be unique on the page.
    fill = f"ch-{zlib.crc32(repr((title, list(values))).encode()):x}"
    line = _curve(points)
    ground = f"{line} L{points[-1][0]:.1f},{height - bottom} L{points[0][0]:.1f},{height - bottom} Z"
    drawing = format_html(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}"><defs><linearGradient id="{}" x1="0" y1="0" x2="0" y2="1">'
        '<stop offset="0" class="ch-from"/><stop offset="1" class="ch-to"/></linearGradient></defs>{}{}'
        '<path d="{}" fill="url(#{})"/><path class="ch-line" d="{}"/>{}</svg>',
        *(width, height, title, fill, grid, names, ground, fill, line, dots),
    )
    rows = [(name, shown(v)) for name, v in zip(labels, values, strict=True)]
    return format_html('<figure class="chart">{}{}</figure>', drawing, _table(title, rows=rows))


def _grid(levels: Sequence[tuple[float, str]], *, left: int, right: int) -> SafeString:
    return format_html_join(
        "",
        '<line class="ch-grid" x1="{}" x2="{}" y1="{}" y2="{}"/>'
        '<text class="ch-axis" x="{}" y="{}" text-anchor="end">{}</text>',
        ((left, right, f"{y:.1f}", f"{y:.1f}", left - 8, f"{y + 4:.1f}", name) for y, name in levels),
    )


def _curve(points: Sequence[tuple[float, float]]) -> str:
    """Return a smooth path through the points that never swings above or below its neighbours."""
    path = f"M{points[0][0]:.1f},{points[0][1]:.1f}"
    for (x0, y0), (x1, y1) in pairwise(points):
        middle = (x0 + x1) / 2
        path += f" C{middle:.1f},{y0:.1f} {middle:.1f},{y1:.1f} {x1:.1f},{y1:.1f}"
    return path


def donut(parts: Sequence[tuple[str, int]], *, title: str, total_label: str, shown: Shown = plain) -> SafeString:
    """Draw shares of a whole as a ring with its legend; at most eight parts have colours of their own."""
    total = sum(value for _name, value in parts)
    outer, inner, angle, slices = 80, 54, -math.pi / 2, []
    for place, (name, value) in enumerate(parts):
        if not value:
            continue
        sweep = 2 * math.pi * value / total
        # A hair of ground between neighbours; a full circle is cut a little, since an arc cannot end where it began.
        end = angle + min(max(sweep - 0.025, 0.012), 2 * math.pi - 0.001)
        slices.append(
            (place % _COLOURS + 1, _slice(angle, end=end, outer=outer, inner=inner), f"{name}: {shown(value)}")
        )
        angle += sweep
    ring = format_html_join("", '<path class="ch-{}" d="{}"><title>{}</title></path>', slices)
    legend = format_html_join(
        "",
        '<li><i class="ch-{}"></i><span>{}</span><b class="num">{}</b><em class="num">{}</em></li>',
        (
            (place % _COLOURS + 1, name, shown(value), _percent(value, total=total))
            for place, (name, value) in enumerate(parts)
        ),
    )
    return format_html(
        '<div class="donut"><svg viewBox="0 0 200 200" role="img" aria-label="{}">{}'
        '<text class="ch-big" x="100" y="104" text-anchor="middle">{}</text>'
        '<text class="ch-axis" x="100" y="124" text-anchor="middle">{}</text></svg><ul class="legend">{}</ul></div>',
        *(title, ring, shown(total), total_label, legend),
    )


def _slice(start: float, *, end: float, outer: int, inner: int) -> str:
    far = 1 if end - start > math.pi else 0

    def at(radius: int, angle: float) -> str:
        return f"{100 + radius * math.cos(angle):.2f},{100 + radius * math.sin(angle):.2f}"

    return (
        f"M{at(outer, start)} A{outer},{outer} 0 {far} 1 {at(outer, end)}"
        f" L{at(inner, end)} A{inner},{inner} 0 {far} 0 {at(inner, start)} Z"
    )


def _percent(value: int, *, total: int) -> str:
    tenths = (value * 2000 + total) // (2 * total) if total else 0
    return f"{tenths // 10}.{tenths % 10}%"


def bars(parts: Sequence[tuple[str, int]], *, title: str, shown: Shown = plain) -> SafeString:
    """Draw a ranking as horizontal bars, each with its name and value in text."""
    largest = max((value for _name, value in parts), default=0) or 1
    rows = format_html_join(
        "",
        '<li><span>{}</span><b class="num">{}</b><svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="ch-track" width="100" height="6"/><rect class="ch-bar" width="{}" height="6"/></svg></li>',
        ((name, shown(value), f"{100 * max(value, 0) / largest:.1f}") for name, value in parts),
    )
    return format_html('<ol class="bars" aria-label="{}">{}</ol>', title, rows)


def spark(values: Sequence[int], *, width: int = 120, height: int = 32) -> SafeString:
    """Draw the course of a figure as a bare line, decoration beside the figure itself."""
    if len(values) < 2:
        return SafeString("")
    low, span = min(values), (max(values) - min(values)) or 1
    points = " ".join(
        f"{i * width / (len(values) - 1):.1f},{height - 3 - (v - low) * (height - 6) / span:.1f}"
        for i, v in enumerate(values)
    )
    return format_html(
        '<svg class="spark" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true"><polyline points="{}"/></svg>',
        *(width, height, points),
    )
