"""The card of a model, generated from its points table.

It says what the model is for, what it was learned from, how good it is, and where it ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from scoring.analysis.training.candidates import CHALLENGER, FLOORS
from scoring.analysis.training.card_assumptions import (
    audit,
    drift_told,
    gate_lines,
    headline,
    rests_on,
    within,
)
from scoring.analysis.training.evaluate import ReliabilityGroup
from scoring.analysis.training.markdown import head, heading, row, titles
from scoring.entities import Lang
from scoring.errors import ModelError
from scoring.policy.language.points_table import ModelTable, ScoredFeature
from scoring.policy.language.schema import Bin
from scoring.rules.wording import say

Figures = Mapping[str, Any]
"""Figures of a points table by name, as JSON holds them."""
MANY_TARGETED = 0.2
"""Share of targeted visits among those that say how they were chosen.

From it on rates are said to be above those of all enterprises.
"""
COST = 0.01
"""Mean AUC by which the challenger may lead before the card says what additivity costs."""


def card(table: ModelTable) -> str:
    """The whole card in Markdown, Chinese first.

    Raises:
        ModelError: An earlier version wrote the table, without figures that the card tells.
    """
    try:
        return "\n".join([*_card(table, "zh"), "", "---", "", *_card(table, "en")]) + "\n"
    except KeyError as error:
        raise ModelError("model_card_incomplete", model=table.id, figure=error.args[0]) from error


def choice(counts: Mapping[str, int], lang: Lang) -> str:
    """How the visits behind the labels were chosen, and what that means for every rate.

    Args:
        counts: Visits by choice (``scoring.analysis.training.labels.by_choice``).
        lang: Language.
    """
    # A draw at random is what rates of all would need: where there is none, the card says 0 %.
    counts = {"random": 0, **counts}
    visits = sum(counts.values())
    shares = {manner: count / visits for manner, count in counts.items()}
    ways = (f"{say(lang, f'mo_way_{manner}')} {share:.0%}" for manner, share in shares.items())
    meaning = say(lang, f"mo_choice_means_{_meaning(shares)}")
    return say(lang, "mo_choice", ways=say(lang, "mo_between").join(ways), meaning=meaning)


def _meaning(shares: Mapping[str, float]) -> str:
    """What the ways in which visits were chosen mean for rates."""
    unknown = shares.get("unknown", 0.0)
    if unknown > 0.5:
        return "unknown"
    return "targeted" if shares.get("targeted", 0.0) >= MANY_TARGETED * (1 - unknown) else "fair"


def _card(table: ModelTable, lang: Lang) -> Iterator[str]:
    metrics = table.metrics
    yield f"# {table.title.model_dump()[lang]} · `{table.id}`"
    yield ""
    yield say(lang, f"mo_use_{table.use}")
    yield from headline(metrics, lang)
    yield heading("gate", lang)
    yield from gate_lines(metrics, lang)
    sections = {"purpose": table.purpose, "label": table.label.text, "limits": table.limits}
    for section, content in sections.items():
        yield f"{heading(section, lang)}\n{content.model_dump()[lang]}"
    yield heading("data", lang)
    yield from _data(table, lang)
    yield heading("folds", lang)
    yield from _folds(metrics, lang)
    yield f"\n{_additivity(metrics, table.algorithm, lang)}"
    yield heading("within", lang)
    yield from within(metrics, lang)
    if "holdout" in metrics:
        yield heading("holdout", lang)
        yield from _holdout(metrics["holdout"], lang)
    yield from rests_on(table, lang)
    if "audit" in metrics:
        yield heading("audit", lang)
        yield from audit(metrics["audit"], lang)
    yield heading("drift", lang)
    yield drift_told(table, lang)
    yield heading("points", lang)
    yield say(lang, "mo_scale", pdo=table.points_to_double_odds)
    yield from _points(table.features, lang)
    yield heading("origin", lang)
    yield say(lang, "mo_hashes", sha=table.sha256, data=table.data_sha256, seed=table.seed)
    yield ", ".join(f"{library} {version}" for library, version in table.versions.items())


def _data(table: ModelTable, lang: Lang) -> Iterator[str]:
    """What it was learned from, and what nobody could learn."""
    metrics = table.metrics
    first, last = table.trained.first, table.trained.last
    cases, positives = metrics["cases"], metrics["positives"]
    yield say(lang, "mo_trained", first=first, last=last, cases=cases, positives=positives)
    yield say(lang, "mo_unseen", censored=metrics["censored"], never=metrics["never_visited"])
    yield choice(metrics["visits_by_choice"], lang)
    yield _inspector(metrics["inspector_explains"], lang)
    if table.looked_up_on:
        yield say(lang, "mo_frozen", day=table.looked_up_on)


def _inspector(explained: Mapping[str, float], lang: Lang) -> str:
    if not explained:
        return say(lang, "mo_inspector_unknown")
    return say(lang, "mo_inspector", share=f"{max(explained.values()):.0%}")


def _folds(metrics: Figures, lang: Lang) -> Iterator[str]:
    chosen = metrics["chosen"]
    scorers = [chosen, CHALLENGER, *FLOORS]
    columns = [say(lang, "mo_this", name=chosen), *titles(scorers[1:], lang)]
    yield from head(*titles(("origin_day", "visits", "findings"), lang), *columns)
    for fold in metrics["folds"]:
        counts = fold["origin"], fold["tested_on"], fold["positives"]
        yield row(*counts, *(f"{fold['auc'][scorer]:.3f}" for scorer in scorers))
    means = (f"{metrics['mean_auc'][scorer]:.3f}" for scorer in scorers)
    yield row(say(lang, "mo_mean"), "", "", *means)


def _additivity(metrics: Figures, chosen: str, lang: Lang) -> str:
    cost = metrics["mean_auc"][CHALLENGER] - metrics["mean_auc"][chosen]
    # A challenger that is worse shows that additivity costs nothing, not that it gains.
    return say(lang, "mo_costs" if cost > COST else "mo_costs_little", cost=f"{max(cost, 0):.3f}")


def _holdout(holdout: Figures, lang: Lang) -> Iterator[str]:
    first, last = holdout["window"]
    yield say(lang, "mo_window", first=first, last=last)
    yield ""
    names = {"refreshed": "refreshed", "frozen": "frozen_list"}
    lists = [list_name for list_name in names if list_name in holdout]
    shown = titles([names[list_name] for list_name in lists], lang)
    yield from _judged([holdout[list_name] for list_name in lists], shown, lang)
    yield ""
    # Of the list that people work through: the same first 10 % that ``rank`` tells.
    yield _gains(holdout["frozen"], lang)
    yield ""
    yield from head(*titles(("visits", "predicted", "rate"), lang))
    for group in _joined(holdout[lists[0]]["reliability"]):
        yield row(group.visits, f"{group.predicted:.1%}", f"{group.share:.1%}")
    yield ""
    floors = (f"{say(lang, f'mo_{floor}')} {area}" for floor, area in holdout["floors"].items())
    yield say(lang, "mo_floor_auc", floors=", ".join(floors))


def _judged(lists: Sequence[Figures], columns: Sequence[str], lang: Lang) -> Iterator[str]:
    """Figures of each list of the holdout, side by side."""
    yield from head("", *columns)
    for measure in ("auc", "days_earlier"):
        cells = (_with_interval(figures, measure) for figures in lists)
        yield row(say(lang, f"mo_{measure}"), *cells)
    halves = (f"{figures['first_half']} ({figures['usual_half']})" for figures in lists)
    yield row(say(lang, "mo_first_half"), *halves)
    yield row(say(lang, "mo_ece"), *(figures["calibration_error"] for figures in lists))


def _with_interval(figures: Figures, measure: str) -> str:
    lower, upper = figures[f"{measure}_interval"]
    return f"{figures[measure]} [{lower}, {upper}]"


def _gains(figures: Figures, lang: Lang) -> str:
    """What the first percents of the list find, with their intervals."""
    gains = []
    for share, gained in figures["gain"].items():
        lower, upper = figures["gain_interval"][share]
        gains.append(f"{share} % → {gained:.0%} [{lower:.0%}, {upper:.0%}]")
    return say(lang, "mo_gain", gains=say(lang, "mo_between_gains").join(gains))


def _joined(groups: Sequence[tuple[int, float, float]]) -> Iterator[ReliabilityGroup]:
    """Groups with the same predicted probability as a single group.

    Equal scores were cut apart by nothing but their number.
    """
    named = [ReliabilityGroup(*group) for group in groups]
    for predicted, equals in groupby(named, key=lambda group: round(group.predicted, 3)):
        same = list(equals)
        visits = sum(group.visits for group in same)
        findings = sum(group.visits * group.share for group in same)
        yield ReliabilityGroup(visits, predicted, findings / visits)


def _points(features: Sequence[ScoredFeature], lang: Lang) -> Iterator[str]:
    yield ""
    yield from head(*titles(("feature", "bins", "unknown"), lang))
    for feature in features:
        bin_words = "; ".join(map(_bin_words, feature.bins))
        yield row(feature.label.model_dump()[lang], bin_words, feature.unknown)


def _bin_words(score_bin: Bin) -> str:
    limit = "…" if score_bin.upto is None else f"≤ {score_bin.upto}"
    return f"{limit}: {score_bin.points}"
