"""Policies that compute a model and nothing else: what training and ranking ask the engine with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from scoring.entities import codes
from scoring.policy.language.forms import Text
from scoring.policy.language.points_table import Input, ModelTable, longest, selected
from scoring.policy.language.schema import MODEL, Band, Bin, Gate, Group, Indicator, Legal, Policy, Scale
from scoring.policy.resolved import ResolvedPolicy, resolve

_LONG_AGO = date(2000, 1, 1)


def inputs_policy(inputs: Sequence[Input], finality: str) -> ResolvedPolicy:
    """A policy that gives no points and computes these inputs: what training reads its features from."""
    return resolve(_without_points(tuple(given.indicator("inputs") for given in inputs), finality))


def score_policy(ref: str, table: ModelTable, gates: tuple[Gate, ...] = ()) -> ResolvedPolicy:
    """A policy of one indicator, ``score``: the points table itself, for putting enterprises in order.

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
        window_days=longest(table.inputs),
        bins=(Bin(points=0),),
        model=ref,
        sha256=table.sha256,
    )
    return resolve(_without_points((score,), table.finality, gates), tables=[table])


def _without_points(indicators: tuple[Indicator, ...], finality: str, gates: tuple[Gate, ...] = ()) -> Policy:
    title = Text(zh="模型输入", en="Inputs of a model")
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
        groups=(Group(id="inputs", label=title),),
        indicators=indicators,
        gates=gates,
        bands=(Band(id="A", from_=0, label=title),),
    )
