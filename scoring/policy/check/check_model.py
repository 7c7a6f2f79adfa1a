"""Checks of a learned model in a policy: it is the one that is named, sees own records alone, and cannot decide a colour by itself.

The engine holds its points back at ``schema.model_floor``; what is proven here is that nothing else can carry them further.
"""

from __future__ import annotations

from collections.abc import Iterator

from scoring.errors import ModelError
from scoring.policy.check.subject import Subject
from scoring.policy.language.aggregates import AGGREGATES
from scoring.policy.language.points_table import (
    Feature,
    Input,
    ModelTable,
    longest,
    selected,
)
from scoring.policy.language.schema import MODEL, Indicator, model_floor
from scoring.policy.read.finding import Finding, TomlPath
from scoring.policy.tables import read_pinned


def check_model(s: Subject) -> Iterator[Finding]:
    """At most one model, on a coloured scale where high is best, tested by no rule and carried on by none."""
    learned = [(where, i) for where, i in s.indicators() if i.aggregate == MODEL]
    for where, indicator in learned:
        yield from _used_rightly(s, where, indicator)
        try:
            table = read_pinned(str(indicator.model), str(indicator.sha256))
        except ModelError as error:
            yield s.finding("model_invalid", (*where, "model"), error.zh, error.en)
            continue
        yield from _fits(s, where, indicator, table)
    for where, indicator in learned[1:]:
        yield s.finding(
            "model_unbounded",
            where,
            f"{indicator.id} 是第二个模型；一份规则最多一个，例如删去它",
            f"{indicator.id} is a second model; a policy has at most one, e.g. drop it",
        )
    if learned:
        yield from _carried(s, {i.id for _, i in learned})


def _used_rightly(s: Subject, where: TomlPath, indicator: Indicator) -> Iterator[Finding]:
    if indicator.direction != "adverse" or indicator.unknown != 0:
        yield s.finding(
            "model_unbounded",
            (*where, "direction"),
            f'模型指标 {indicator.id} 只能扣分且不详时为 0，例如 direction = "adverse"，unknown = 0',
            f'the model {indicator.id} may only take points, and none when unknown, e.g. direction = "adverse", unknown = 0',
        )
    if model_floor(s.policy) is None or not s.policy.higher_is_better:
        yield s.finding(
            "model_unbounded",
            where,
            f'模型指标 {indicator.id} 只能用于分高为优且区间有颜色的规则，否则无从限制其作用，例如 colour = "green"',
            f"the model {indicator.id} needs bands with colours on a scale where high is best, or nothing bounds it, "
            'e.g. colour = "green"',
        )


def _fits(s: Subject, where: TomlPath, indicator: Indicator, table: ModelTable) -> Iterator[Finding]:
    fault = colour_fault(table.inputs, table.features)
    if table.use != "colour" or fault:
        zh, en = fault or (
            f'模型 {table.id} 只用于排序（use = "ordering"）',
            f'model {table.id} is for ordering alone (use = "ordering")',
        )
        yield s.finding(
            "model_unbounded",
            (*where, "model"),
            f'{zh}，不得影响颜色，例如 model = "district-demo"',
            f'{en}: it never touches a colour, e.g. model = "district-demo"',
        )
    wanted = selected(table.inputs)
    differs = set(indicator.select.kind) != set(wanted.kind) or indicator.select.scope != wanted.scope
    if differs or indicator.window_days != longest(table.inputs):
        kinds = ", ".join(f'"{kind}"' for kind in wanted.kind)
        yield s.finding(
            "model_select",
            (*where, "select"),
            f"{indicator.id} 的 select、window_days 应与模型所看的记录一致，例如 select = {{ kind = [{kinds}] }}，"
            f"window_days = {longest(table.inputs)}",
            f"select and window_days of {indicator.id} must name what the model looks at, e.g. select = {{ kind = [{kinds}] }}, "
            f"window_days = {longest(table.inputs)}",
        )


def _carried(s: Subject, ids: set[str]) -> Iterator[Finding]:
    """Rules that would carry a model's points past the floor: those that test it, and limits relative to the band it moved."""
    for where, condition in s.conditions():
        if condition.indicator in ids:
            yield s.finding(
                "model_unbounded",
                where,
                f"条件用到了模型 {condition.indicator}；模型不得触发门槛、上限或直接判定，请改用它背后的指标，例如 general_penalties",
                f"a condition tests the model {condition.indicator}: a model triggers no gate, cap or veto; test an indicator of records, "
                "e.g. general_penalties",
            )
    for where, limit in s.limits():
        if limit.worse_by is not None:
            yield s.finding(
                "model_unbounded",
                (*where, "worse_by"),
                f'{limit.id} 按所达等级再降，会把模型的作用带过分界线；有模型时请写明等级，例如 band = "C"',
                f"{limit.id} lowers the band that was reached, which would carry the model past the edge; beside a model name the band, "
                'e.g. band = "C"',
            )


def colour_fault(inputs: tuple[Input, ...], features: tuple[Feature, ...]) -> tuple[str, str] | None:
    """Why such a model may not touch a colour, in zh and en: peers, branches, shares, or what can fall with a record or rise with time."""
    for feature in features:
        if feature.by or feature.among or feature.monotone != 1:
            return (
                f'use = "colour" 的特征 {feature.id} 只能是本主体记录的单调指标（monotone = 1，无 among、by），例如 monotone = 1',
                f"feature {feature.id} of a model for colours must be a monotone aggregate of own records (no among, no by), e.g. "
                "monotone = 1",
            )
    for i in inputs:
        if not AGGREGATES[i.aggregate].grows or set(i.select.scope) != {"own"}:
            return (
                f'use = "colour" 的输入 {i.id}（{i.aggregate}，{"、".join(i.select.scope)}）应只计本主体、多一条记录不降，'
                '例如 aggregate = "weighted_count"',
                f"input {i.id} of a model for colours ({i.aggregate}, {', '.join(i.select.scope)}) must count own records so that one more "
                'never lowers it, e.g. aggregate = "weighted_count"',
            )
    return None
