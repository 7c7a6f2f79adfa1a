"""Histories of records that stand in relation to each other: findings and their re-checks, matters, grades."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from histories import AUTHORITIES, DAY, happening
from worlds import Row

FIELDS = ("food", "fire", "environment", "market")
SEVERITIES = ("minor", "general", "serious")
GRADES = ("grade_a", "grade_b", "grade_c", "grade_d")
GRADE_KINDS = ("tax_grade", "environment_grade", "industry_grade", "public_credit_score")


def before(days: int) -> date:
    """So many days before the day of all histories."""
    return DAY - timedelta(days=days)


@dataclass
class Past:
    """The records of one enterprise, by id, and which relations are among them.

    Attributes:
        rows: Records without the enterprise.
        relations: How many there are of each relation.
    """

    rows: dict[str, Row] = field(default_factory=dict)
    relations: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, **columns: object) -> Row:
        """Adds a record; known on its day, of its own act, unless said otherwise."""
        row: Row = {"record_id": name, "act_id": name, "scope": "own", **columns}
        row.setdefault("known_on", row.get("decided_on") or row.get("occurred_on"))
        self.rows[name] = row
        return row

    def copy(self) -> Past:
        """The same, with rows of its own."""
        return Past({name: dict(row) for name, row in self.rows.items()}, Counter(self.relations))

    def without(self, *names: str) -> Past:
        """The same without some records."""
        past = self.copy()
        for name in names:
            past.rows.pop(name, None)
        return past

    def changed(self, name: str, **columns: object) -> Past:
        """The same with one record changed."""
        past = self.copy()
        past.rows[name] |= columns
        return past


def past_of(seed: int) -> Past:
    """A history grown from a seed: some unrelated records, and of each relation one in four has one."""
    chance, past = Random(seed), Past()
    for number in range(chance.randint(0, 5)):
        row = happening(chance)
        row["authority"] = row["authority"] or "market"
        past.add(f"plain{number}", **row)
    for make in (_rechecked, _matter, _twice, _graded, _voiding, _reported):
        if chance.random() < 0.3:
            make(chance, past)
            past.relations[make.__name__.strip("_")] += 1
    return past


def finding(chance: Random, past: Past, name: str, days: int, **changes: object) -> Row:
    """An open finding of a visit so many days ago."""
    return past.add(
        name,
        **{
            "kind": "inspection",
            "result": chance.choice(("problem", "violation")),
            "severity": chance.choice(SEVERITIES),
            "field": chance.choice(FIELDS),
            "authority": "market",
            "occurred_on": before(days),
            **changes,
        },
    )


def _rechecked(chance: Random, past: Past) -> None:
    found = finding(chance, past, "found", chance.randint(30, 400))
    past.add(
        "recheck",
        kind=chance.choice(("inspection", "mending_check")),
        result=chance.choice(("no_problem", "no_problem", "problem")),
        occasion="followup",
        severity=found["severity"],
        field=found["field"],
        authority="market",
        occurred_on=found["occurred_on"] + timedelta(days=chance.randint(1, 29)),
    )


def _reported(chance: Random, past: Past) -> None:
    days = chance.randint(40, 300)
    finding(chance, past, "told", days, field="labour", mended_on=before(days - chance.randint(1, 39)))


def _matter(chance: Random, past: Past) -> None:
    """A visit, the order after it, and the penalty in the end; each names the one before."""
    days = chance.randint(60, 380)
    given = {"field": "construction", "authority": "fire"}
    finding(chance, past, "visit", days, document_no="虚检〔2026〕11号", **given)
    past.add(
        "order",
        kind="rectification_order",
        severity=chance.choice(SEVERITIES),
        decided_on=before(days - 10),
        document_no="虚改〔2026〕22号",
        basis_document_no="虚检〔2026〕11号",
        **given,
    )
    penalty(chance, past, "penalty", days - 30, basis_document_no="虚改〔2026〕22号", **given)


def penalty(chance: Random, past: Past, name: str, days: int, **changes: object) -> Row:
    """A final penalty by ordinary procedure."""
    severity = chance.choice(SEVERITIES)
    return past.add(
        name,
        **{
            "kind": "administrative_penalty",
            "severity": severity,
            "info_class": severity,
            "procedure": "ordinary",
            "decided_on": before(days),
            "served_on": before(days),
            "final_on": before(days),
            "document_no": f"虚罚〔2026〕{name}33号",
            "amount_fen": chance.choice((None, 500_000, 5_000_000)),
            "authority": chance.choice(AUTHORITIES) or "market",
            "field": chance.choice(FIELDS),
            **changes,
        },
    )


def _twice(chance: Random, past: Past) -> None:
    first = penalty(chance, past, "once", chance.randint(0, 300), authority="market")
    past.add("again", **{**first, "record_id": "again", "authority": "market bureau", "act_id": "again"})


def _graded(chance: Random, past: Past) -> None:
    kind, days = chance.choice(GRADE_KINDS), sorted(Random(chance.random()).sample(range(700), 3))
    for number, age in enumerate(days):
        past.add(
            f"grade{number}",
            kind=kind,
            field="tax"
            if kind == "tax_grade"
            else "environment"
            if kind == "environment_grade"
            else "credit",
            authority="market",
            result=chance.choice(GRADES),
            decided_on=before(age),
            known_on=before(max(0, age - chance.randint(0, 20))),
            contest=chance.choice((None, None, None, "review")),
        )


def _voiding(chance: Random, past: Past) -> None:
    """An adverse score, and a penalty from before it that was restored after it."""
    days = chance.randint(20, 300)
    past.add(
        "score",
        kind="public_credit_score",
        field="credit",
        authority="fire",
        result=chance.choice(("grade_c", "grade_d")),
        decided_on=before(days),
    )
    penalty(
        chance,
        past,
        "restored",
        days + chance.randint(5, 50),
        restored_on=before(chance.randint(0, days - 1)),
    )
