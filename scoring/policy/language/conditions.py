"""Conditions and what hangs on them: gates, caps and vetoes. Conditions are tables, never strings: a policy carries no code."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from scoring.policy.language.forms import Bound, Code, Form, Identifier, Text, teach

EnterpriseField = Literal[
    "status", "entity_type", "size_band", "industry_code", "district_code", "supervised_by"
]


class Condition(Form):
    """A test of one indicator's value or one attribute of the enterprise.

    ``begins`` holds for a value that starts with one of these; ``outside`` for one that starts with none, and for no value.
    """

    indicator: Identifier | None = None
    enterprise: EnterpriseField | None = None
    at_least: Bound | None = None
    at_most: Bound | None = None
    in_: Annotated[tuple[Code, ...] | None, Field(alias="in", min_length=1)] = None
    begins: Annotated[tuple[Code, ...] | None, Field(min_length=1)] = None
    outside: Annotated[tuple[Code, ...] | None, Field(min_length=1)] = None
    unknown: Literal[True] | None = None

    @model_validator(mode="after")
    def _one_subject(self) -> Condition:
        if (self.indicator is None) == (self.enterprise is None):
            raise teach(
                '一个条件只能针对 indicator 或 enterprise 之一，例如 { indicator = "x", at_least = 1 }',
                'a condition tests either `indicator` or `enterprise`, e.g. { indicator = "x", at_least = 1 }',
            )
        bounded = self.at_least is not None or self.at_most is not None
        worded = sum(test is not None for test in (self.in_, self.begins, self.outside))
        if bounded + worded + (self.unknown is not None) != 1:
            raise teach(
                '一个条件须且只能写 at_least/at_most、in、begins、outside、unknown = true 之一，例如 { indicator = "x", at_least = 1 }',
                "a condition needs exactly one of at_least/at_most, in, begins, outside, unknown = true, "
                'e.g. { indicator = "x", at_least = 1 }',
            )
        if self.enterprise is not None and not worded:
            raise teach(
                '针对 enterprise 的条件须写 in、begins 或 outside，例如 { enterprise = "status", in = ["revoked"] }',
                'a condition on the enterprise needs `in`, `begins` or `outside`, e.g. { enterprise = "status", in = ["revoked"] }',
            )
        if self.indicator is not None and worded:
            raise teach(
                '针对 indicator 的条件须写 at_least、at_most 或 unknown = true，不能写 in，例如 { indicator = "x", at_least = 1 }',
                'a condition on an indicator needs at_least, at_most or unknown = true, not `in`, e.g. { indicator = "x", at_least = 1 }',
            )
        return self


class Gate(Form):
    """When it holds the enterprise is *not rated*, with this reason."""

    id: Identifier
    label: Text
    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()
    legal: tuple[Identifier, ...] = ()
    remedy: Text | None = None

    @model_validator(mode="after")
    def _has_conditions(self) -> Gate:
        if not self.all and not self.any:
            raise teach(
                'all 或 any 至少须有一个条件，例如 all = [{ indicator = "x", at_least = 1 }]',
                '`all` or `any` must hold at least one condition, e.g. all = [{ indicator = "x", at_least = 1 }]',
            )
        return self


class Limit(Gate):
    """A cap (best band still allowed) or a veto (law that fixes a band): neither ever improves a result.

    A cap may instead say how many bands worse than the points gave (``worse_by``): 2016 food grading, art. 28.
    """

    band: Code | None = None
    worse_by: Annotated[int, Field(ge=1, le=10)] | None = None

    @model_validator(mode="after")
    def _one_effect(self) -> Limit:
        if (self.band is None) == (self.worse_by is None):
            raise teach(
                'band 与 worse_by 须且只能写一个，例如 band = "C" 或 worse_by = 1',
                'give either band or worse_by, e.g. band = "C" or worse_by = 1',
            )
        return self
