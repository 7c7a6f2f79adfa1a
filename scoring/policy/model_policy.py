"""Policies that compute a model and nothing else: what training and ranking ask the engine with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from scoring.entities import codes
from scoring.policy.language.forms import Text
from scoring.policy.language.points_table import Input, ModelTable, longest_window, selected
from scoring.policy.language.schema import (
    MODEL,
    Band,
    Bin,
    Gate,
    Indicator,
    IndicatorGroup,
    Legal,
    Policy,
    Scale,
)
from scoring.policy.resolved import ResolvedPolicy, resolve
from scoring.rules.wording import both

# before every day that is asked about: such a policy is always in force
_LONG_AGO = date(2000, 1, 1)


def inputs_policy(inputs: Sequence[Input], finality: str) -> ResolvedPolicy:
    """A policy that gives no points and computes these inputs: training reads its features from it."""
    indicators = tuple(model_input.indicator("inputs") for model_input in inputs)
    return resolve(_without_points(indicators, finality))


def score_policy(ref: str, table: ModelTable, gates: tuple[Gate, ...] = ()) -> ResolvedPolicy:
    """A policy of one indicator, ``score``: the points table itself, to put enterprises in order.

    Args:
        ref: How the table is named.
        table: The points table.
        gates: Who is left out.
    """
    score = Indicator(
        id="score",
        group="inputs",
        direction="neutral",
        label=table.title,
        select=selected(table.inputs),
        aggregate=MODEL,
        window_days=longest_window(table.inputs),
        bins=(Bin(points=0),),
        model=ref,
        sha256=table.sha256,
    )
    return resolve(_without_points((score,), table.finality, gates), tables=[table])


def _without_points(indicators: tuple[Indicator, ...], finality: str, gates: tuple[Gate, ...] = ()) -> Policy:
    title = Text(**both("model_policy_title"))
    # the language asks for an article, a scale and a band; nothing here rests on them
    no_law = Legal(id="none", document="—", article="—", title=title, issued_on=_LONG_AGO, tag="not_law")
    return Policy(
        id="model",
        valid_from=_LONG_AGO,
        title=title,
        subjects=tuple(codes()["entity_types"]),
        finality=finality,
        worsening_notice_workdays=0,
        disputed="ignore",
        legal=(no_law,),
        scale=Scale(base=0, low=0, high=1),
        groups=(IndicatorGroup(id="inputs", label=title),),
        indicators=indicators,
        gates=gates,
        bands=(Band(id="A", from_=0, label=title),),
    )
