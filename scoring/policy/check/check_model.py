"""Checks of a learned model in a policy.

It is the one that is named, sees own records alone, and cannot decide a colour by itself. The
engine holds its points back at ``schema.model_floor``; what is proven here is that nothing else can
carry them further.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from scoring.errors import ModelError
from scoring.policy.check.subject import Subject
from scoring.policy.language.aggregates import AGGREGATES
from scoring.policy.language.points_table import (
    ENTERPRISE_AGE,
    Feature,
    Input,
    ModelTable,
    longest_window,
    selected,
)
from scoring.policy.language.schema import MODEL, Indicator, model_floor
from scoring.policy.read.finding import Finding, TomlPath
from scoring.policy.tables import read_pinned
from scoring.rules.wording import both

UNBOUNDED = "model_unbounded"


class ColourFault(NamedTuple):
    """Why a model may not touch a colour: a sentence and what fills it."""

    text_id: str
    parameters: Mapping[str, object]


def check_model(subject: Subject) -> Iterator[Finding]:
    """At most one model, bounded by colours on a scale where high is best, and carried on by no rule."""
    models = [
        (toml_path, model_input)
        for toml_path, model_input in subject.indicators()
        if model_input.aggregate == MODEL
    ]
    for toml_path, indicator in models:
        yield from _used_rightly(subject, toml_path, indicator)
        try:
            table = read_pinned(str(indicator.model), str(indicator.sha256))
        except ModelError as error:
            place = subject.locator.place((*toml_path, "model"))
            yield Finding("model_invalid", place, error.code, error.parameters)
            continue
        yield from _bounded_table(subject, toml_path, indicator, table)
        yield from _selects_its_records(subject, toml_path, indicator, table)
    for toml_path, indicator in models[1:]:
        yield subject.finding(UNBOUNDED, toml_path, "model_unbounded_second", indicator=indicator.id)
    if models:
        yield from _carried(subject, {indicator.id for _, indicator in models})


def _used_rightly(subject: Subject, toml_path: TomlPath, indicator: Indicator) -> Iterator[Finding]:
    if indicator.direction != "adverse" or indicator.unknown != 0:
        yield subject.finding(
            UNBOUNDED, (*toml_path, "direction"), "model_unbounded_direction", indicator=indicator.id
        )
    # the floor is an edge of colours, and below it means worse only where high is best
    if model_floor(subject.policy) is None or not subject.policy.higher_is_better:
        yield subject.finding(UNBOUNDED, toml_path, "model_unbounded_scale", indicator=indicator.id)


def _bounded_table(
    subject: Subject, toml_path: TomlPath, indicator: Indicator, table: ModelTable
) -> Iterator[Finding]:
    fault = colour_fault(table.inputs, table.features)
    if fault is None and table.use != "colour":
        fault = ColourFault("colour_model_for_ordering", {"model": table.id})
    if fault is not None:
        words = both(fault.text_id, **fault.parameters)
        yield subject.finding(UNBOUNDED, (*toml_path, "model"), "model_unbounded_table", fault=words)


def _selects_its_records(
    subject: Subject, toml_path: TomlPath, indicator: Indicator, table: ModelTable
) -> Iterator[Finding]:
    """The policy says which records the model looks at: a reader need not open the table."""
    wanted, window = selected(table.inputs), longest_window(table.inputs)
    same_kinds = set(indicator.select.kind) == set(wanted.kind)
    if same_kinds and indicator.select.scope == wanted.scope and indicator.window_days == window:
        return
    kinds = ", ".join(f'"{kind}"' for kind in wanted.kind)
    yield subject.finding(
        "model_select", (*toml_path, "select"), indicator=indicator.id, kinds=kinds, window=window
    )


def _carried(subject: Subject, models: set[str]) -> Iterator[Finding]:
    """Rules that would carry a model's points past the floor.

    They are those that test it, and limits relative to the band that it moved.
    """
    for toml_path, condition in subject.conditions():
        if condition.indicator in models:
            yield subject.finding(
                UNBOUNDED, toml_path, "model_unbounded_condition", indicator=condition.indicator
            )
    for toml_path, limit in subject.limits():
        if limit.worse_by is not None:
            yield subject.finding(
                UNBOUNDED, (*toml_path, "worse_by"), "model_unbounded_limit", limit=limit.id
            )


def colour_fault(inputs: tuple[Input, ...], features: tuple[Feature, ...]) -> ColourFault | None:
    """Why such a model may not touch a colour.

    It may not look at peers, branches or shares, or at what can fall with a record or rise with
    time.
    """
    for feature in features:
        aged = feature.of == ENTERPRISE_AGE
        if aged or feature.by or feature.among or feature.monotone != 1:
            return ColourFault("colour_model_feature", {"feature": feature.id})
    for model_input in inputs:
        scopes = model_input.select.scope
        if not AGGREGATES[model_input.aggregate].grows or set(scopes) != {"own"}:
            shown = {"input": model_input.id, "aggregate": model_input.aggregate, "scopes": scopes}
            return ColourFault("colour_model_input", shown)
    return None
