"""How charts look: one font with Chinese that comes as a wheel, few colours, a title that says what is seen, in zh and en.

Lines that lie close differ in their strokes too, so that nobody depends on colours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray
from pylopdf_fonts_zh_cn import sans_path

from scoring.analysis.training import evaluate
from scoring.analysis.training.candidates import CHALLENGER, FLOORS
from scoring.analysis.training.clustered import Blocks
from scoring.policy.language.points_table import ModelTable

STEPS = range(1, 101)
INK, TEAL, ORANGE, PLUM, GREY, PALE = "#16335b", "#00798c", "#b05400", "#8a4f7d", "#69727e", "#dfe4ea"

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
    axis.set_major_formatter(lambda value, _: f"{value:.{places}%}".replace("-", "−"))


def table(rows: pd.DataFrame | list[dict[str, Any]], **names: str) -> pd.DataFrame:
    """Rows as a table without an index, columns renamed to what a reader calls them; only the named ones are shown."""
    frame = pd.DataFrame(rows)
    return frame[list(names)].rename(columns=names).set_index(next(iter(names.values()))) if names else frame


def folds_chart(model: ModelTable) -> None:
    """AUC of the model, its challenger and the floors by rolling origin, the means at the right."""
    folds = pd.DataFrame([fold["auc"] for fold in model.metrics["folds"]], index=[fold["origin"] for fold in model.metrics["folds"]])
    lines = {
        model.algorithm: ("本模型 this model", INK, "o-", 2.8),
        CHALLENGER: ("对照：非加性 challenger", TEAL, "o--", 1.3),
        "rule_card": ("底线：规则卡 rule card", ORANGE, "o-", 1.3),
        "last_result": ("底线：上次结果 last result", GREY, "s-.", 1.3),
        "number_of_visits": ("底线：检查次数 visits", GREY, "^:", 1.3),
    }
    beaten = int((folds[model.algorithm] > folds[list(FLOORS)].max(axis=1)).sum())
    figure, axes = chart(
        f"{len(folds)} 个起点，{'每一个都' if beaten == len(folds) else f'{beaten} 个'}胜过底线",
        f"AUC by rolling origin: the model beats every floor in {beaten} of {len(folds)}; dotted line: a coin toss",
        wide=9.0,
    )
    for name, (_, colour, stroke, width) in lines.items():
        axes.plot(folds.index, folds[name], stroke, color=colour, lw=width, ms=6 if name == model.algorithm else 4)
    axes.axhline(0.5, color=GREY, lw=0.8, ls=":")
    low, high = axes.get_ylim()
    ends = spread([folds[name].iloc[-1] for name in lines], 0.055 * (high - low))
    for (name, (words, colour, _, _)), end in zip(lines.items(), ends, strict=True):
        at_end(axes, folds.index[-1], end, f"{words}  {model.metrics['mean_auc'][name]:.3f}", colour)
    axes.set(ylabel="AUC", xlabel="起点 origin（右侧为各折平均 means at the right）")
    plt.show()


def reliability_chart(predicted: NDArray[np.float64], found: ArrayLike, groups: int = 10) -> None:
    """What was predicted against what was found, in equal groups; those that were predicted alike are one."""
    figure, axes = chart(
        "预测多少，实际多少", "Predicted against observed; equal groups, those predicted alike as one, with 95% intervals", wide=6.4, high=5.6
    )
    parts = pd.DataFrame(evaluate.reliability(predicted, found, groups), columns=["n", "guess", "share"])
    parts = parts.assign(hits=parts["n"] * parts["share"]).groupby(parts["guess"].round(3)).agg({"n": "sum", "guess": "mean", "hits": "sum"})
    share = parts["hits"] / parts["n"]
    error = 1.96 * (share * (1 - share) / parts["n"]) ** 0.5
    axes.errorbar(parts["guess"], share, yerr=error, fmt="o", color=INK, ms=5, elinewidth=1, ecolor=GREY)
    end = max(parts["guess"].max(), (share + error).max()) * 1.08
    axes.plot([0, end], [0, end], ls="--", color=GREY, lw=1, label="完全校准 perfect")
    axes.legend(loc="upper left", fontsize=9)
    axes.set(xlim=(0, end), ylim=(0, end), aspect="equal", xlabel="预测概率 predicted", ylabel="观察到的比例 observed")
    percent(axes, "x")
    percent(axes)
    plt.show()


def gained(found: ArrayLike, score: ArrayLike) -> NDArray[np.float64]:
    """Share of all findings among the first 0, 1, … 100 % of the list."""
    return np.array([0.0, *evaluate.gain(found, score, STEPS).values()])


def gain_band(
    found: ArrayLike, score: ArrayLike, visits: pd.DataFrame, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The 95 % interval of every place of ``gained``, drawn by whole days and enterprises as ``evaluate.intervals`` does."""
    hits, points = np.asarray(found), np.asarray(score)
    return evaluate.intervals(lambda rows: gained(hits[rows], points[rows]), Blocks.of(visits), seed)


def gain_chart(
    found: ArrayLike, score: ArrayLike, others: Mapping[str, ArrayLike], visits: pd.DataFrame, seed: int, what: tuple[str, str]
) -> None:
    """Share of the findings against the share visited: the model with its band, other orders, chance; the first tenth in the title.

    Args:
        found: 1 where a visit found something.
        score: Of the model, more is visited earlier.
        others: Scores of other orders by what they are called, four at most.
        visits: ``visit_on`` and ``enterprise_id`` of the visits.
        seed: Of the bootstrap.
        what: What is found, in zh and en.
    """
    strokes = ((ORANGE, "--"), (TEAL, "-."), (GREY, "-"), (PLUM, (0, (1, 1))))
    model, (low, high) = gained(found, score), gain_band(found, score, visits, seed)
    tenth, interval = f"{model[10]:.0%}", f"[{low[10]:.0%}–{high[10]:.0%}]"
    figure, axes = chart(
        f"先查前 10%，找到 {tenth} {interval} 的{what[0]}；随机 10%",
        f"Inspecting the first 10% finds {tenth} {interval} of the {what[1]}; at random 10%. Band: 95%, by days and enterprises",
        wide=7.4,
        high=5.0,
    )
    axes.fill_between([0, *STEPS], low, high, color=INK, alpha=0.14, lw=0)
    axes.plot([0, *STEPS], model, color=INK, lw=2.4, label="本模型 this model")
    for (name, other), (colour, stroke) in zip(others.items(), strokes, strict=False):
        axes.plot([0, *STEPS], gained(found, other), color=colour, ls=stroke, lw=1.5, label=name)
    axes.plot([0, 100], [0, 1], color=GREY, ls=":", lw=1, label="随机 random")
    axes.errorbar(10, model[10], yerr=[[model[10] - low[10]], [high[10] - model[10]]], fmt="o", color=INK, ms=7, capsize=3, zorder=4)
    axes.set(xlim=(0, 100), ylim=(0, 1), xlabel="已检查 visited, %", ylabel=f"已发现 {what[1]} found")
    percent(axes)
    axes.legend(loc="lower right", fontsize=9, handlelength=2.6)
    plt.show()
