"""SVG: points and squares in, a picture as text out, that stands alone and needs no library to be seen."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# Colours that people with any kind of colour vision tell apart (Okabe and Ito, 2008), then lighter and darker ones.
PALETTE = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#999999", "#F0E442", "#882255", "#332288",
    "#117733", "#44AA99",
)  # fmt: skip
# From dark to light with rising value, evenly to the eye.
_RAMP = np.array([(68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37)], dtype=float)
_SIDE, _MARGIN, _LEGEND = 640, 70, 190
_LEVELS = 63


@dataclass(frozen=True)
class Legend:
    """What the colours of points mean.

    Attributes:
        title: of the legend.
        names: of the classes, in the order of `PALETTE`; empty for a scale.
        ends: least and greatest value of a scale; none for classes.
    """

    title: str
    names: tuple[str, ...] = ()
    ends: tuple[float, float] | None = None


def ramp(share: float) -> str:
    """Return the colour of a share between 0 and 1."""
    place = min(max(share, 0.0), 1.0) * (len(_RAMP) - 1)
    low = min(int(place), len(_RAMP) - 2)
    red, green, blue = _RAMP[low] + (place - low) * (_RAMP[low + 1] - _RAMP[low])
    return f"#{round(red):02x}{round(green):02x}{round(blue):02x}"


def scatter(
    places: NDArray[np.float64],
    colours: Sequence[str],
    *,
    title: str,
    axes: tuple[str, str],
    legend: Legend,
    labels: Sequence[str] = (),
    hints: Sequence[str] = (),
) -> str:
    """Return a picture of points on a plane.

    Args:
        places: (n, 2), in any unit.
        colours: of each point.
        title: above the picture.
        axes: names of the two axes.
        legend: of the colours.
        labels: text beside each point; none where there are many points.
        hints: text that a browser shows over each point.
    """
    low, high = places.min(axis=0), places.max(axis=0)
    spread = np.where(high > low, high - low, 1.0)
    shares = (places - low) / spread
    xs, ys = _MARGIN + 12 + shares[:, 0] * (_SIDE - 24), _MARGIN + _SIDE - 12 - shares[:, 1] * (_SIDE - 24)
    size = 4.0 if len(places) <= 500 else 2.2  # noqa: PLR2004 — many points need small ones
    points = []
    for place, (x, y, colour) in enumerate(zip(xs.tolist(), ys.tolist(), colours, strict=True)):
        hint = f"<title>{escape(hints[place])}</title>" if hints else ""
        points.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}" fill="{colour}">{hint}</circle>')
        if labels:
            points.append(f'<text x="{x + 5:.1f}" y="{y + 4:.1f}" class="small">{escape(labels[place])}</text>')
    return _document(title, [*_frame(axes, low, high), '<g fill-opacity="0.8">', *points, "</g>", *_key(legend)])


def heat_map(values: NDArray[np.float64], names: Sequence[str], *, title: str, legend: Legend) -> str:
    """Return a picture of a square of values; rows from the top, in the order of `names`.

    Args:
        values: (n, n).
        names: of rows and columns.
        title: above the picture.
        legend: a scale with its ends.
    """
    low, high = legend.ends or (float(values.min()), float(values.max()))
    step = _SIDE / len(names)
    body = _squares((values - low) / ((high - low) or 1.0), step)
    size = f'font-size="{min(12.0, step * 0.95):.1f}"'
    for row, name in enumerate(names):
        middle = _MARGIN + (row + 0.5) * step
        body.append(
            f'<text x="{_MARGIN - 3}" y="{middle + 0.3 * step:.1f}" text-anchor="end" {size}>{escape(name)}</text>'
        )
        # Two lines in turn, as neighbouring names would run into each other.
        below = f'x="{middle:.1f}" y="{_MARGIN + _SIDE + (12 if row % 2 else 22)}"'
        body.append(f'<text {below} text-anchor="middle" {size}>{escape(name)}</text>')
    return _document(title, [*body, *_key(legend)])


def _squares(shares: NDArray[np.float64], step: float) -> list[str]:
    """Return one path for each of 64 colours: a square for each value is four times as much text."""
    levels = np.clip(np.rint(shares * _LEVELS), 0, _LEVELS).astype(int)
    side = f"{step + 0.3:.1f}"
    paths = []
    for level in np.unique(levels).tolist():
        places = np.argwhere(levels == level) * step + _MARGIN
        squares = "".join(f"M{x:.1f} {y:.1f}h{side}v{side}h-{side}z" for y, x in places.tolist())
        paths.append(f'<path fill="{ramp(level / _LEVELS)}" d="{squares}"/>')
    return paths


def _frame(axes: tuple[str, str], low: NDArray[np.float64], high: NDArray[np.float64]) -> list[str]:
    bottom = _MARGIN + _SIDE
    middle = _MARGIN + _SIDE / 2
    return [
        f'<rect x="{_MARGIN}" y="{_MARGIN}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="#333"/>',
        f'<text x="{middle}" y="{bottom + 40}" text-anchor="middle">{escape(axes[0])}</text>',
        f'<text transform="translate(22 {middle}) rotate(-90)" text-anchor="middle">{escape(axes[1])}</text>',
        f'<text x="{_MARGIN}" y="{bottom + 18}" class="small">{low[0]:.3g}</text>',
        f'<text x="{bottom}" y="{bottom + 18}" text-anchor="end" class="small">{high[0]:.3g}</text>',
        f'<text x="{_MARGIN - 4}" y="{bottom}" text-anchor="end" class="small">{low[1]:.3g}</text>',
        f'<text x="{_MARGIN - 4}" y="{_MARGIN + 10}" text-anchor="end" class="small">{high[1]:.3g}</text>',
    ]


def _key(legend: Legend) -> list[str]:
    x = _MARGIN + _SIDE + 20
    lines = [f'<text x="{x}" y="{_MARGIN + 10}" font-weight="bold">{escape(legend.title)}</text>']
    for place, name in enumerate(legend.names):
        y = _MARGIN + 32 + 20 * place
        lines.append(f'<circle cx="{x + 6}" cy="{y - 4}" r="6" fill="{PALETTE[place % len(PALETTE)]}"/>')
        lines.append(f'<text x="{x + 18}" y="{y}">{escape(name)}</text>')
    if legend.ends is not None:
        for place in range(100):
            colour = ramp(1.0 - place / 99)
            lines.append(f'<rect x="{x}" y="{_MARGIN + 24 + 2 * place}" width="18" height="2.3" fill="{colour}"/>')
        lines.append(f'<text x="{x + 24}" y="{_MARGIN + 34}">{legend.ends[1]:.3g}</text>')
        lines.append(f'<text x="{x + 24}" y="{_MARGIN + 224}">{legend.ends[0]:.3g}</text>')
    return lines


def _document(title: str, body: list[str]) -> str:
    width, height = _MARGIN + _SIDE + _LEGEND, _MARGIN + _SIDE + 60
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"',
        ' font-family="sans-serif" font-size="13"><style>.small{font-size:10px}</style>',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="{_MARGIN}" y="40" font-size="18">{escape(title)}</text>',
    ]
    return "\n".join([*head, *body, "</svg>"]) + "\n"
