"""How charts look: one font with Chinese that comes as a wheel, few colours, a title that says what is seen, in zh and en."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pylopdf_fonts_zh_cn import sans_path

INK, TEAL, ORANGE, GREY, PALE = "#16335b", "#00798c", "#b05400", "#7d8691", "#dfe4ea"

font_manager.fontManager.addfont(str(sans_path()))
plt.rcParams.update(
    {
        "font.family": "Noto Sans SC",
        "font.size": 10,
        "axes.unicode_minus": False,
        "figure.dpi": 120,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": GREY,
        "axes.linewidth": 0.8,
        "axes.labelcolor": "#39424e",
        "xtick.color": "#39424e",
        "ytick.color": "#39424e",
        "text.color": "#1d1d1f",
        "axes.grid": True,
        "grid.color": "#e8ecf0",
        "grid.linewidth": 0.8,
        "axes.axisbelow": True,
        "legend.frameon": False,
        "figure.facecolor": "white",
    }
)


def chart(zh: str, en: str, wide: float = 8.6, high: float = 4.0, rows: int = 1, columns: int = 1, **more: Any) -> tuple[Figure, Any]:
    """A figure with its title in both languages, and its axes."""
    figure, axes = plt.subplots(rows, columns, figsize=(wide, high), layout="constrained", squeeze=False, **more)
    top = 1 - 0.62 / high
    figure.get_layout_engine().set(rect=(0, 0, 1, top))
    figure.text(0.012, 1 - 0.10 / high, zh, size=13, va="top")
    figure.text(0.012, 1 - 0.37 / high, en, size=9.5, va="top", color=GREY)
    return figure, axes[0, 0] if rows * columns == 1 else axes


def at_end(axes: Axes, x: Any, y: float, text: str, colour: str) -> None:
    """A label right of the last point of a line, so that no legend has to be looked up."""
    axes.annotate(text, (x, y), xytext=(7, 0), textcoords="offset points", va="center", color=colour, size=9, annotation_clip=False)


def spread(values: Sequence[float], gap: float) -> list[float]:
    """The values moved apart, up and down alike, so that labels at them do not overlap; their order is kept."""
    found = list(values)
    order = sorted(range(len(found)), key=lambda n: found[n])
    for _ in range(200):
        for low, high in pairwise(order):
            short = gap - (found[high] - found[low])
            if short > 1e-9:
                found[low], found[high] = found[low] - short / 2, found[high] + short / 2
    return found


def bars(axes: Axes, names: Iterable[str], values: Sequence[float], colour: str | Sequence[str] = INK, form: str = "{:,.0f}") -> None:
    """Horizontal bars, first on top, each with its number; no axis is needed then."""
    names = list(names)
    drawn = axes.barh(range(len(names)), values, color=colour, height=0.68)
    axes.bar_label(drawn, [form.format(v) for v in values], padding=4, size=9)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.xaxis.set_visible(False)
    axes.grid(False)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(length=0)
    axes.margins(x=0.12, y=0.015)


def quarters(axes: Axes, index: pd.PeriodIndex) -> None:
    """Names places 0, 1, … as quarters, the year below its first one."""
    axes.set_xticks(
        range(len(index)), [f"Q{q.quarter}" + (f"\n{q.year}" if q.quarter == 1 or n == 0 else "") for n, q in enumerate(index)], size=8.5
    )
    axes.grid(axis="x")


def percent(axes: Axes, which: str = "y", places: int = 0) -> None:
    """Writes an axis in percent."""
    axis = axes.yaxis if which == "y" else axes.xaxis
    axis.set_major_formatter(lambda value, _: f"{value:.{places}%}")


def table(rows: pd.DataFrame | list[dict[str, Any]], **names: str) -> pd.DataFrame:
    """Rows as a table without an index, columns renamed to what a reader calls them; only the named ones are shown."""
    frame = pd.DataFrame(rows)
    return frame[list(names)].rename(columns=names).set_index(next(iter(names.values()))) if names else frame
