"""Tables of risk models: the list, the figures of training, evaluation, comparison, drift, feasibility and a proposal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Group

from scoring.cli.show.terminal import Prose, Sheet
from scoring.entities import Lang
from scoring.explain.words.figures import decimal
from scoring.policy.language.points_table import ModelTable
from scoring.rules.wording import say

FIGURES = (
    ("visits", "visits"),
    ("findings", "findings"),
    ("auc", "auc"),
    ("days_earlier", "days_earlier"),
    ("first_half", "first_half"),
    ("calibration_error", "ece"),
)
"""Figures of an evaluation, each with the id of its name."""


def model_list(tables: Iterable[tuple[str, ModelTable]], lang: Lang) -> Group:
    """The models by id: what each may be used for, how well it tells, on how much, and its latest verdict."""
    listed = _sheet(("id", "use"), lang)
    listed.add_numbers(say(lang, "mo_auc"), say(lang, "mo_positives"))
    listed.add_column(say(lang, "mo_verdict"))
    for name, model in tables:
        verdict = model.metrics.get("drift", {}).get("verdict")
        listed.add_row(
            name,
            say(lang, "coded", label=say(lang, f"mo_for_{model.use}"), code=model.use),
            f"{model.metrics['mean_auc'][model.algorithm]:.3f}",
            decimal(model.metrics["positives"]),
            say(lang, f"mo_is_{verdict}") if verdict else "—",
        )
    return Group(listed, Prose(say(lang, "mo_auc_means"), "dim"))


def folds(metrics: Mapping[str, Any], lang: Lang) -> Sheet:
    """The AUC of every rolling origin: the chosen model first, then what it was compared with."""
    chosen, means = metrics["chosen"], metrics["mean_auc"]
    names = [chosen, *(name for name in means if name != chosen)]
    table = _sheet(("origin_day",), lang)
    for name in names:
        head = say(lang, "mo_this", name=name) if name == chosen else say(lang, f"mo_{name}")
        table.add_column(head, justify="right", min_width=5)
    for fold in metrics["folds"]:
        table.add_row(fold["origin"], *(f"{fold['auc'][name]:.3f}" for name in names))
    table.add_row(say(lang, "mo_mean"), *(f"{means[name]:.3f}" for name in names))
    return table


def figures(evaluation: Mapping[str, Any], lang: Lang) -> Sheet:
    """What an evaluation measured, with intervals where there are some."""
    table = _sheet(("figure",), lang)
    table.add_numbers(say(lang, "mo_value"), say(lang, "mo_interval"))
    for key, name in FIGURES:
        interval = evaluation.get(f"{key}_interval")
        shown = f"[{interval[0]}, {interval[1]}]" if interval else ""
        table.add_row(say(lang, f"mo_{name}"), str(evaluation[key]), shown)
    for share, part in evaluation["gain"].items():
        low, high = evaluation["gain_interval"][share]
        name = say(lang, "mo_gain_first", share=share)
        table.add_row(name, f"{part:.1%}", f"[{low:.1%}, {high:.1%}]")
    return table


def comparison(refs: Sequence[str], compared: Mapping[str, Any], lang: Lang) -> Sheet:
    """The AUC of two models on the same visits, and the interval of their difference."""
    table = Sheet("")
    table.add_numbers(say(lang, "mo_auc"))
    for ref, auc in zip(refs, compared["auc"], strict=True):
        table.add_row(ref, f"{auc:.4f}")
    low, high = compared["interval"]
    difference = f"{compared['difference']:+.4f} [{low:+.4f}, {high:+.4f}]"
    table.add_row(say(lang, "mo_difference"), difference)
    return table


def drift(months: Iterable[Mapping[str, Any]], moved: Iterable[str], lang: Lang) -> Sheet:
    """One row a later month.

    Args:
        months: Figures of each month.
        moved: For each month the feature that moved most, in words.
        lang: Language.
    """
    table = Sheet()
    table.add_column(say(lang, "mo_month"), no_wrap=True)
    table.add_numbers(*(say(lang, f"mo_{name}") for name in ("visits", "rate", "psi")))
    table.add_column(say(lang, "mo_moved"))
    table.add_column(say(lang, "mo_gap"), justify="right", min_width=6)
    table.add_column(say(lang, "mo_verdict"), min_width=4)
    for month, feature in zip(months, moved, strict=True):
        counts = (decimal(month["visits"]), f"{month['rate']:.1%}", f"{month['psi']:.2f}")
        verdict = say(lang, f"mo_is_{month['verdict']}")
        table.add_row(month["month"], *counts, feature, f"{month['gap']:+.3f}", verdict)
    return table


def feasibility(folds_counted: Iterable[Mapping[str, Any]], lang: Lang) -> Sheet:
    """One row a fold: cases to learn from and to test on, and how wide its interval would be."""
    table = _sheet(("origin_day",), lang)
    for name in ("before", "visits", "positives", "half_width"):
        table.add_column(say(lang, f"mo_{name}"), justify="right")
    for fold in folds_counted:
        width = "—" if fold["half_width"] is None else f"± {fold['half_width']}"
        counts = (decimal(fold[name]) for name in ("before", "tested", "positives"))
        table.add_row(fold["origin"], *counts, width)
    return table


def refits(fitted: Iterable[Any], lang: Lang) -> Sheet:
    """Points of the bins of every indicator now and refitted, with the visits and findings behind each bin."""
    table = _sheet(("indicator", "present", "refitted", "visits", "positives"), lang)
    for refit in fitted:
        indicator = refit.indicator
        rows = ([bin_.points for bin_ in indicator.bins], refit.points, refit.cases, refit.positives)
        table.add_row(indicator.label.model_dump()[lang], *(", ".join(map(str, numbers)) for numbers in rows))
    return table


def _sheet(names: Sequence[str], lang: Lang) -> Sheet:
    return Sheet(*(say(lang, f"mo_{name}") for name in names))
