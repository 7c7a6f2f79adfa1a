"""Conditions and what hangs on them: gates, caps and vetoes.

Conditions are tables, never strings: a policy carries no code.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from scoring.policy.language.forms import Bound, Code, Form, Identifier, Text, teach

EnterpriseField = Literal[
    "status", "entity_type", "size_band", "industry_code", "district_code", "supervised_by"
]


class Condition(Form):
    """A test of one indicator's value or one attribute of the enterprise.

    Attributes:
        begins: Holds for a value that starts with one of these.
        outside: Holds for a value that starts with none of these, and for no value.
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
    def _tests_one_thing_one_way(self) -> Condition:
        if (self.indicator is None) == (self.enterprise is None):
            raise teach("condition_one_subject")
        bounds_number = self.at_least is not None or self.at_most is not None
        text_tests = sum(test is not None for test in (self.in_, self.begins, self.outside))
        if bounds_number + text_tests + (self.unknown is not None) != 1:
            raise teach("condition_one_test")
        # a value is a number and an attribute a code: a test of the other sort could never hold
        if self.enterprise is not None and not text_tests:
            raise teach("condition_on_enterprise")
        if self.indicator is not None and text_tests:
            raise teach("condition_on_indicator")
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
        # a rule that tests nothing would hold for everybody
        if not self.all and not self.any:
            raise teach("rule_without_condition")
        return self


class Limit(Gate):
    """A cap (best band still allowed) or a veto (law that fixes a band); neither improves a result.

    Attributes:
        band: The band.
        worse_by: Instead of it, how many bands worse than the points gave: 2016 food grading,
            art. 28.
    """

    band: Code | None = None
    worse_by: Annotated[int, Field(ge=1, le=10)] | None = None

    @model_validator(mode="after")
    def _one_effect(self) -> Limit:
        if (self.band is None) == (self.worse_by is None):
            raise teach("limit_one_effect")
        return self
