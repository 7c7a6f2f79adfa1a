"""Relations between the records of one enterprise: what a file of ``rules/relations`` may say.

Records belong to one matter, one checks another again, a newer grade replaces an older one, a grade
contains others, and what follows to who takes over another one. A policy names one set of relations;
without one, records are related by their act alone. Linking finds out who stands to whom
(``records.link``), the engine what holds on a day.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Codes = Annotated[tuple[str, ...], Field(min_length=1)]
"""Codes of a closed list of ``rules/kinds.toml``."""


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BothLanguages(_Form):
    """A text in both languages."""

    zh: str
    en: str


class Matter(_Form):
    """What can belong to one matter, of which the record that costs most on the day counts alone.

    Attributes:
        kinds: Kinds that can belong to one.
        decisions: Of these, decisions that two files may report: the same number on the same day is
            one, whoever reports it.
        own_end: Kinds that end by a decision of their own alone, such as the removal from a list.
    """

    kinds: Codes
    decisions: Codes
    own_end: Codes


class Rechecks(_Form):
    """How a finding is mended.

    Attributes:
        kinds: Kinds of findings.
        findings: Results that are findings while nobody has passed a re-check.
        on_the_spot: Results that were mended on the spot, or of an order that was carried out.
        without_result: Kinds of which a record without a result is a finding too.
        by: Kinds that check a finding again.
        passed: Results with which a re-check is passed.
        workdays: Working days within which the authority checks what is reported as mended; then the
            finding counts as mended until a visit says otherwise.
    """

    kinds: Codes
    findings: Codes
    on_the_spot: Codes
    without_result: tuple[str, ...] = ()
    by: Codes
    passed: Codes
    workdays: Annotated[int, Field(ge=0, le=60)]

    def is_finding(self, kind: str, result: str | None) -> bool:
        """Whether a record of a kind and result is a finding that a re-check could close."""
        if result is None:
            return kind in self.without_result
        return kind in self.kinds and result in self.findings


class Settles(_Form):
    """What ends by being settled: a record of ``by`` that names it, or the only one there is.

    Attributes:
        kinds: What is settled.
        by: Kinds that settle.
        results: Results with which they do.
    """

    kinds: Codes
    by: Codes
    results: Codes


class Agreements(_Form):
    """When a later visit in its field bears out what an enterprise stated of itself.

    It does where it was passed, or where both found a problem.

    Attributes:
        kinds: What an enterprise states of itself.
        by: Kinds of visits.
        within_days: Days after the statement within which the visit has to be.
    """

    kinds: Codes
    by: Codes
    within_days: Annotated[int, Field(ge=1, le=1826)]


class Grades(_Form):
    """Grades and scores of which the newest known alone counts, by kind, field and authority.

    Attributes:
        kinds: Their kinds.
        adverse: Results that speak against the enterprise.
        adverse_below_x100: A score below this speaks against it too, in hundredths.
        order: Results from best to worst.
    """

    kinds: Codes
    adverse: Codes
    adverse_below_x100: int
    order: Codes


class Contains(_Form):
    """What a derived grade could contain.

    An adverse one is void from the day on which something of it was restored, withdrawn, annulled or
    masked after the grade was given.

    Attributes:
        grades: Kinds of grades.
        kinds: Kinds that such a grade is made of.
        same_field: Whether of its own field alone.
    """

    grades: Codes
    kinds: Codes
    same_field: bool = False


class LawArticle(_Form):
    """An article that a rule rests on: the id of its instrument in ``rules/law``, and where it stands there."""

    instrument: str
    article: str


class Succeeds(_Form):
    """What follows to who succeeds another enterprise.

    Attributes:
        result: How it succeeds (a result of ``succession``); ``None``: however, also where nobody says how.
        kinds: What follows.
        results: Where given, of these kinds what has one of these results.
        closing: Kinds that follow as answers to what follows: a follow-up, a check of documents, or what
            names a record that follows.
        legal: The articles that say so.
    """

    result: str | None = None
    kinds: Codes
    results: Codes | None = None
    closing: tuple[str, ...] = ()
    legal: Annotated[tuple[LawArticle, ...], Field(min_length=1)]


class Spelling(_Form):
    """Another way in which records write the name of an authority; both as names are compared."""

    alias: str
    name: str


class HeldPower(_Form):
    """Who exercises the power of an authority in a field, from a day until before another one.

    Authorities by their names, as names are compared.
    """

    power: str
    field: str
    holder: str
    begins: date
    until: date | None = None


class RelationSet(_Form):
    """The form of ``rules/relations/<id>.toml``."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)]
    title: BothLanguages
    note: BothLanguages | None = None
    matter: Matter
    rechecks: Rechecks
    settles: tuple[Settles, ...] = ()
    agreements: Agreements | None = None
    grades: Grades
    contains: tuple[Contains, ...] = ()
    succeeds: tuple[Succeeds, ...] = ()
    # Of the register of authorities, filled in when the set is read: what joins records is part of the rules.
    spellings: tuple[Spelling, ...] = ()
    powers: tuple[HeldPower, ...] = ()

    @cached_property
    def name_of_alias(self) -> Mapping[str, str]:
        """The name of each authority by its other spellings."""
        return {spelling.alias: spelling.name for spelling in self.spellings}

    @property
    def orders(self) -> tuple[str, ...]:
        """Kinds that are findings and decisions at once: orders to mend."""
        return tuple(sorted({*self.rechecks.kinds} & {*self.matter.decisions}))

    @property
    def ways(self) -> tuple[str, ...]:
        """How an enterprise can succeed another one so that more follows than always does, sorted."""
        return tuple(sorted({rule.result for rule in self.succeeds if rule.result is not None}))

    def rules_behind(self, kind: str, result: str | None, ways: tuple[str, ...]) -> tuple[LawArticle, ...]:
        """The articles by which a record of this kind and result follows, each once.

        Args:
            kind: The kind.
            result: The result of the record.
            ways: How its enterprise was succeeded.
        """
        articles: dict[LawArticle, None] = {}
        for rule in self.succeeds:
            is_meant = kind in rule.closing or (
                kind in rule.kinds and (not rule.results or result in rule.results)
            )
            if is_meant and (rule.result is None or rule.result in ways):
                articles |= dict.fromkeys(rule.legal)
        return tuple(articles)

    def on_succession(self, result: str | None) -> tuple[Succeeds, ...]:
        """What holds of one way to succeed."""
        return tuple(rule for rule in self.succeeds if rule.result in (None, result))
