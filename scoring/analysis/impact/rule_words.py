"""A policy in words: its keys, what they refer to, and its values as people read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from scoring.analysis.impact.bands import Place
from scoring.analysis.impact.diff import fields_of
from scoring.entities import CODED_COLUMNS, Lang, code_label, codes
from scoring.explain.words.figures import decimal
from scoring.policy.language.aggregates import AGGREGATES
from scoring.policy.language.measures import levelled_code, levels
from scoring.policy.language.schema import (
    Bin,
    Condition,
    Form,
    Gate,
    Indicator,
    Legal,
    Limit,
    Policy,
    Select,
    Text,
)
from scoring.policy.language.selection import UNKNOWN
from scoring.rules.wording import say, wording

POINTS = frozenset({"base", "low", "high", "from", "points", "unknown", "upgrade_margin"})
"""Fields that count points; those of ``linear`` are values of the indicator instead."""
CODE_LISTS = {**CODED_COLUMNS, "subjects": "entity_types", "row": "results", "column": "results"}
"""Closed lists by field."""
HIDDEN = frozenset({"id", "sha256", "table"})
"""Fields that tell a reader nothing in a summary; the pairs of a table of tiers are told as caps."""
INDICATORS = frozenset({"rows", "columns", "indicators"})
"""Fields that name indicators."""


class RuleWords:
    """One version of a policy in the words of one language.

    Args:
        policy: The version.
        lang: The language.
    """

    def __init__(self, policy: Policy, lang: Lang) -> None:
        self.policy, self.lang = policy, lang
        self._groups = {group.id: group.label for group in policy.groups}
        self._legal = {article.id: article for article in policy.legal}
        self._indicators = {indicator.id: indicator for indicator in policy.indicators}
        self._bands = {band.id: Place(band) for band in policy.bands}
        self._summaries: Mapping[type, Callable[[Any], str]] = {
            Condition: self._condition,
            Gate: self._rule,
            Indicator: self._indicator,
            Legal: self._article,
            Limit: self._limit,
            Select: self._records,
        }

    def area(self, policy_part: str) -> str:
        """A part of the policy, e.g. ``indicators``."""
        return self._worded(f"d_area_{policy_part}", policy_part)

    def entry(self, area: str, key: str, label: Text | None) -> str:
        """An entry of a part of the policy by its label, else by what it is about."""
        if area in ("bands", "supervision") and key in self._bands:
            return self._bands[key].word(self.lang)
        if area == "tiers":
            # the field says the pair
            return ""
        return str(getattr(label, self.lang)) if label else self._worded(f"v_{area}_{key}", key)

    def field(self, names: Sequence[str]) -> str:
        """A field by its path below the entry; one that is new here is called as in the file."""
        if names[-1] in codes()["results"] or names[-1] == UNKNOWN != names[0]:
            # row and column of a table of tiers
            return " × ".join(self._code(grade, "row") for grade in names)
        words = self._worded(f"k_{names[-1]}", names[-1])
        if len(names) == 1 or names[0] in ("select", "linear"):
            return words
        return (
            say(self.lang, "d_among", field=words)
            if names[0] == "among"
            else f"{'.'.join(names[:-1])}.{words}"
        )

    def value(self, value: object, fields: Sequence[str], entry: str | None = None) -> str:
        """A value of the field of this path; ``entry`` is the key of what it belongs to."""
        field = fields[-1]
        if value is None or value == ():
            return say(self.lang, "d_none")
        if isinstance(value, bool):
            return say(self.lang, "d_yes" if value else "d_no")
        if isinstance(value, Text):
            return say(self.lang, "d_quoted", text=getattr(value, self.lang))
        if isinstance(value, Form):
            return self._summaries.get(type(value), self._fields)(value)
        if isinstance(value, tuple):
            return self._list(value, fields, entry)
        if isinstance(value, int):
            return self._number(value, field, in_line="linear" in fields)
        return self._code(str(value), field)

    def listed(self, values: Sequence[object], fields: Sequence[str]) -> str:
        """Values of one field with the commas of the language."""
        # of one instrument several articles may be cited, and its title tells them all
        phrases = dict.fromkeys(self.value(value, fields) for value in values)
        return say(self.lang, "d_and").join(phrases)

    def ordered(self, area: str, keys: Sequence[str]) -> str:
        """Entries of a part of the policy, in their order."""
        entries: Sequence[Form] = getattr(self.policy, area, ())
        labels = {getattr(entry, "id", ""): getattr(entry, "label", None) for entry in entries}
        return say(self.lang, "d_and").join(self.entry(area, key, labels.get(key)) for key in keys)

    def _list(self, values: tuple[Any, ...], fields: Sequence[str], entry: str | None) -> str:
        indicator = self._indicators.get(entry or "")
        if indicator is not None and isinstance(values[0], Bin):
            return self._bins(values, indicator)
        if fields[-1] == "age_weights":
            weights = (
                say(self.lang, "d_weight", days=decimal(days), percent=share) for days, share in values
            )
            return say(self.lang, "d_comma").join(weights)
        return self.listed(values, fields)

    def _number(self, number: int, field: str, *, in_line: bool = False) -> str:
        if field in POINTS and not in_line:
            return say(self.lang, "points_alone", n=decimal(number, self.policy.scale.per_point))
        if field == "sampling_bp":
            return f"{decimal(number, 100)}%"
        return self._with_unit(field, decimal(number))

    def _with_unit(self, measure: str, number: str) -> str:
        """A number in the unit of a field or an aggregate; one alone may have its own words."""
        unit = self._worded(f"unit_{measure}_{number}", self._worded(f"unit_{measure}", "{n}"))
        return unit.format(n=number)

    def _code(self, code_or_id: str, field: str) -> str:
        """What a code stands for: an entry of this policy, a code of the closed lists, or a word."""
        if field in ("group", "within") and code_or_id in self._groups:
            return str(getattr(self._groups[code_or_id], self.lang))
        if field == "legal" and code_or_id in self._legal:
            return say(self.lang, "d_document", title=getattr(self._legal[code_or_id].title, self.lang))
        if field in INDICATORS and code_or_id in self._indicators:
            return str(getattr(self._indicators[code_or_id].label, self.lang))
        of_tiers = field in codes()["results"] or field == UNKNOWN
        if (field in ("band", "to") or of_tiers) and code_or_id in self._bands:
            return self._bands[code_or_id].word(self.lang)
        if field in CODE_LISTS and code_or_id == UNKNOWN:
            return say(self.lang, "value_unknown" if field in ("row", "column") else "d_not_stated")
        if field in CODE_LISTS:
            return code_label(CODE_LISTS[field], code_or_id, self.lang)
        return self._worded(f"v_{field}_{code_or_id}", code_or_id)

    def brief(self, value: object, fields: Sequence[str]) -> str:
        """A value in short: of an indicator, whose label says what it counts, window and points."""
        if not isinstance(value, Indicator):
            return self.value(value, fields)
        days = decimal(value.window_days)
        return say(self.lang, "d_brief", days=days, points=self._points(value))

    def _indicator(self, indicator: Indicator) -> str:
        """What an indicator counts, over how long, and for how many points."""
        counts = say(
            self.lang,
            "d_counts",
            days=decimal(indicator.window_days),
            records=self._records(indicator.select),
            aggregate=self._code(indicator.aggregate, "aggregate"),
        )
        return say(self.lang, "d_semicolon").join([counts, self._points(indicator)])

    def _points(self, indicator: Indicator) -> str:
        if indicator.linear is not None:
            return self._fields(indicator.linear, "linear")
        return self._bins(indicator.bins, indicator)

    def _records(self, select: Select) -> str:
        """Which records a selection takes: their kinds, and in brackets whatever else it asks."""
        kinds = self.listed(select.kind, ["kind"])
        conditions = []
        for field_name, value in fields_of(select).items():
            # That an enterprise's own records count goes without saying.
            if field_name != "kind" and value and value != ("own",):
                conditions.append(f"{self.field([field_name])} {self.value(value, [field_name])}")
        if not conditions:
            return kinds
        more = say(self.lang, "d_semicolon").join(conditions)
        return say(self.lang, "d_bracketed", text=kinds, more=more)

    def _bins(self, bins: Sequence[Bin], indicator: Indicator) -> str:
        ends = [None, *(step.upto for step in bins)]
        phrases = [self._bin(step, indicator, end) for step, end in zip(bins, ends, strict=False)]
        # That nothing gives nothing goes without saying.
        silent = len(bins) > 1 and bins[0].upto == 0 and bins[0].points == 0
        return say(self.lang, "d_comma").join(phrases[1:] if silent else phrases)

    def _bin(self, step: Bin, indicator: Indicator, before: int | None) -> str:
        """Points of one bin; ``before`` is where the bin before it ends."""
        whole_numbers = AGGREGATES[indicator.aggregate].divisor == 1 or bool(levels(indicator.of))
        if step.upto is not None:
            # A bin that takes one value alone is written as that value.
            single = step.upto == 0 if before is None else whole_numbers and step.upto == before + 1
            text_id, bound = "d_just" if single else "d_upto", step.upto
        elif before is None:
            text_id, bound = "d_any_value", 0
        elif whole_numbers:
            text_id, bound = "d_or_more", before + 1
        else:
            text_id, bound = "d_above", before
        values = say(self.lang, text_id, value=self._measured(bound, indicator))
        return say(self.lang, "d_bin", values=values, points=self._number(step.points, "points"))

    def _measured(self, number: int, indicator: Indicator) -> str:
        """A value of an indicator in its unit."""
        if levels(indicator.of):
            levelled = levelled_code(indicator.of, indicator.select.kind, number)
            return code_label(*levelled, self.lang) if levelled else decimal(number)
        divisor = AGGREGATES[indicator.aggregate].divisor
        return self._with_unit(indicator.aggregate, decimal(number, divisor))

    def _condition(self, condition: Condition) -> str:
        if condition.enterprise is not None:
            return self._enterprise_condition(condition, condition.enterprise)
        indicator = self.policy.indicator(str(condition.indicator))
        subject = str(getattr(indicator.label, self.lang))
        if condition.unknown:
            return say(self.lang, "d_unknown", subject=subject)
        bounds = (("d_at_least", condition.at_least), ("d_at_most", condition.at_most))
        conditions = [
            say(self.lang, text_id, value=self._measured(bound, indicator))
            for text_id, bound in bounds
            if bound is not None
        ]
        return " ".join([subject, *conditions])

    def _enterprise_condition(self, condition: Condition, column: str) -> str:
        conditions = {"d_in": condition.in_, "d_begins": condition.begins, "d_outside": condition.outside}
        # The schema holds that there is just one of them.
        text_id, wanted = next(test for test in conditions.items() if test[1] is not None)
        values = self.listed(wanted or (), [column])
        return say(self.lang, text_id, subject=self.field([column]), values=values)

    def _limit(self, limit: Limit) -> str:
        """What a cap or veto does, when it holds, and the law behind it."""
        if limit.worse_by is not None:
            does = say(self.lang, "r_worse_by", n=limit.worse_by)
        else:
            effect_id = "r_veto" if limit in self.policy.vetoes else "r_cap"
            does = say(self.lang, effect_id, band=self._code(str(limit.band), "band"))
        return say(self.lang, "d_semicolon").join([does, self._rule(limit)])

    def _rule(self, rule: Gate) -> str:
        """When a rule holds, and the law behind it."""
        phrases = []
        if rule.all:
            phrases.append(say(self.lang, "d_all").join(map(self._condition, rule.all)))
        if rule.any:
            phrases.append(say(self.lang, "d_any").join(map(self._condition, rule.any)))
        when = say(self.lang, "d_when", conditions=say(self.lang, "d_all").join(phrases))
        if not rule.legal:
            return when
        law = say(self.lang, "d_by_law", legal=self.listed(rule.legal, ["legal"]))
        return say(self.lang, "d_semicolon").join([when, law])

    def _article(self, article: Legal) -> str:
        place = article.article or say(self.lang, "article_to_check")
        return f"{article.document} {place}"

    def _fields(self, model: Form, *parents: str) -> str:
        """Any other model: its fields and values, without texts, its id and what is not given."""
        phrases = []
        for field_name, value in fields_of(model).items():
            if field_name in HIDDEN or value in (None, ()) or isinstance(value, Text):
                continue
            fields = (*parents, field_name)
            phrases.append(f"{self.field(fields)} {self.value(value, fields)}")
        return say(self.lang, "d_semicolon").join(phrases)

    def _worded(self, text_id: str, otherwise: str) -> str:
        return wording(self.lang).get(text_id, otherwise)
