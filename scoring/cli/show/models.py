"""Tables of risk models: the list, and the figures of training, evaluation, drift and a proposal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Group

from scoring.cli.show.terminal import Prose, Sheet
from scoring.entities import Lang
from scoring.explain.words.figures import decimal
from scoring.policy.language.points_table import ModelTable
from scoring.policy.verdicts import TableStanding
from scoring.rules.wording import say, wording

FIGURES = (
    ("visits", "visits"),
    ("findings", "findings"),
    ("auc", "auc"),
    ("days_earlier", "days_earlier"),
    ("first_half", "first_half"),
    ("calibration_error", "ece"),
)
"""Figures of an evaluation, each with the id of its name."""


def model_list(tables: Iterable[tuple[str, ModelTable]], known: Iterable[TableStanding], lang: Lang) -> Group:
    """The models: what each may be used for, how well it tells, on how much, and its verdict of the day."""
    listed = _sheet(("id", "use"), lang)
    listed.add_numbers(say(lang, "mo_auc"), say(lang, "mo_positives"))
    listed.add_column(say(lang, "mo_verdict"))
    for (model_id, model), of_model in zip(tables, known, strict=True):
        listed.add_row(
            model_id,
            say(lang, "coded", label=say(lang, f"mo_for_{model.use}"), code=model.use),
            f"{model.metrics['mean_auc'][model.algorithm]:.3f}",
            decimal(model.metrics["positives"]),
            say(lang, f"mo_is_{of_model.verdict}"),
        )
    return Group(listed, Prose(say(lang, "mo_auc_means"), "dim"))


def folds(metrics: Mapping[str, Any], lang: Lang) -> Sheet:
    """The AUC of every rolling origin: the chosen model first, then what it was compared with."""
    chosen, means = metrics["chosen"], metrics["mean_auc"]
    estimators = [chosen, *(estimator for estimator in means if estimator != chosen)]
    table = _sheet(("origin_day",), lang)
    table.add_column(say(lang, "mo_this", name=chosen), justify="right", min_width=5)
    for estimator in estimators[1:]:
        # Settings of one estimator are told apart by their own names, which have no words.
        label = wording(lang).get(f"mo_{estimator}", estimator)
        table.add_column(label, justify="right", min_width=5)
    for fold in metrics["folds"]:
        table.add_row(fold["origin"], *(f"{fold['auc'][estimator]:.3f}" for estimator in estimators))
    table.add_row(say(lang, "mo_mean"), *(f"{means[estimator]:.3f}" for estimator in estimators))
    return table


def figures(evaluation: Mapping[str, Any], lang: Lang) -> Sheet:
    """What an evaluation measured, with intervals where there are some."""
    table = _sheet(("figure",), lang)
    table.add_numbers(say(lang, "mo_value"), say(lang, "mo_interval"))
    for figure, text_id in FIGURES:
        # Counts are exact and have no interval.
        interval = evaluation.get(f"{figure}_interval")
        bounds = f"[{interval[0]}, {interval[1]}]" if interval else ""
        table.add_row(say(lang, f"mo_{text_id}"), str(evaluation[figure]), bounds)
    for share, gain in evaluation["gain"].items():
        lower, upper = evaluation["gain_interval"][share]
        label = say(lang, "mo_gain_first", share=share)
        table.add_row(label, f"{gain:.1%}", f"[{lower:.1%}, {upper:.1%}]")
    return table


def comparison(refs: Sequence[str], compared: Mapping[str, Any], lang: Lang) -> Sheet:
    """The AUC of two models on the same visits, and the interval of their difference."""
    table = Sheet("")
    table.add_numbers(say(lang, "mo_auc"))
    for ref, auc in zip(refs, compared["auc"], strict=True):
        table.add_row(ref, f"{auc:.4f}")
    lower, upper = compared["interval"]
    difference = f"{compared['difference']:+.4f} [{lower:+.4f}, {upper:+.4f}]"
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
    table.add_numbers(*(say(lang, f"mo_{name}") for name in ("visits", "rate", "found_auc", "psi")))
    table.add_column(say(lang, "mo_moved"))
    table.add_column(say(lang, "mo_gap"), justify="right", min_width=6)
    table.add_column(say(lang, "mo_verdict"), min_width=4)
    for month, feature in zip(months, moved, strict=True):
        figures_of_month = (("rate", ".1%"), ("auc", ".3f"), ("psi", ".2f"))
        shown = ("—" if month[name] is None else format(month[name], form) for name, form in figures_of_month)
        verdict = say(lang, f"mo_is_{month['verdict']}")
        if month["recovered"]:
            verdict = say(lang, "mo_recovered", verdict=verdict)
        table.add_row(
            month["month"], decimal(month["visits"]), *shown, feature, f"{month['gap']:+.3f}", verdict
        )
    return table


def feasibility(folds_counted: Iterable[Mapping[str, Any]], lang: Lang) -> Sheet:
    """One row a fold: cases to learn from and to test on, and how wide its interval would be."""
    table = _sheet(("origin_day",), lang)
    for text_id in ("before", "visits", "positives", "half_width"):
        table.add_column(say(lang, f"mo_{text_id}"), justify="right")
    for fold in folds_counted:
        # A fold without positives tells nothing of how wide its interval would be.
        half_width = "—" if fold["half_width"] is None else f"± {fold['half_width']}"
        counts = (decimal(fold[column]) for column in ("before", "tested", "positives"))
        table.add_row(fold["origin"], *counts, half_width)
    return table


def refits(fitted: Iterable[Any], lang: Lang) -> Sheet:
    """Points of every indicator's bins now and refitted, with visits and findings behind each bin."""
    table = _sheet(("indicator", "present", "refitted", "visits", "positives"), lang)
    for refit in fitted:
        indicator = refit.indicator
        present = [bin_.points for bin_ in indicator.bins]
        lists = (present, refit.points, refit.cases, refit.positives)
        label = indicator.label.model_dump()[lang]
        table.add_row(label, *(", ".join(map(str, numbers)) for numbers in lists))
    return table


def _sheet(text_ids: Sequence[str], lang: Lang) -> Sheet:
    return Sheet(*(say(lang, f"mo_{text_id}") for text_id in text_ids))
