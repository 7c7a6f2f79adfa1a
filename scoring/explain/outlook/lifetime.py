"""When a record stops counting, what could end it sooner, and on which days it can change a result at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Literal

from scoring.entities import Citation, EarlyEnd
from scoring.policy.language.points_table import inputs_of
from scoring.policy.language.schema import Indicator, Policy, Select
from scoring.policy.law.finality import FinalityProfile, load_finality
from scoring.policy.law.retention import Exit, Instrument, exits, instrument, use_rules
from scoring.rules.wording import both
from scoring.workdays import add_months, add_workdays, presumed_final_on

Record = Mapping[str, Any]
DAY = timedelta(days=1)


def dated_on(record: Record) -> date | None:
    """The day a record ages from."""
    day: date | None = record["decided_on"] or record["occurred_on"]
    return day


def info_class(record: Record) -> object:
    """The class that the law of use and restoration asks for."""
    return record["info_class"] or record["severity"]


def use_over_on(record: Record, finality: FinalityProfile) -> date | None:
    """First day on which the law no longer lets the record be used, with laws that begin or end in between."""
    dated = dated_on(record)
    if dated is None:
        return None
    found = []
    for law, rule in use_rules(finality.retention):
        if rule.fits(record["kind"], info_class(record), record["field"]):
            first = max(add_months(dated, rule.months) + DAY, law.legal.effective_on or law.legal.issued_on)
            if law.in_force(rule, first):
                found.append(first)
    return min(found, default=None)


def counts_until(record: Record, indicator: Indicator, policy: Policy) -> date | None:
    """Last day on which the record counts for the indicator if nothing new happens: what became known later says nothing here."""
    dated = dated_on(record)
    days = max((_days(i) for i in inputs_of(indicator) if _looks_at(i, record)), default=_days(indicator))
    ends = [dated + (days - 1) * DAY] if dated else []
    ends += [record["publish_until"]] if record["publish_until"] else []
    ends += [record[name] - DAY for name in ("restored_on", "withdrawn_on") if record[name]]
    over = use_over_on(record, load_finality(policy.finality))
    return min([*ends, over - DAY] if over else ends, default=None)


def _days(indicator: Indicator) -> int:
    """Days for which an indicator gives a record any weight."""
    weighed = [limit for limit, weight in indicator.age_weights or () if weight]
    return (
        min(indicator.window_days, max(weighed, default=0))
        if indicator.age_weights
        else indicator.window_days
    )


def _looks_at(indicator: Indicator, record: Record) -> bool:
    return any(selects(record, select) for select in (indicator.select, indicator.among) if select)


def early_end(record: Record, policy: Policy, day: date) -> EarlyEnd | None:
    """The earliest lawful way to end a record, seen from a day: all laws in force when it is applied for must allow it.

    A law that begins later may open the way sooner than the one it replaces, so each day on which a law begins is asked too.
    """
    dated = dated_on(record)
    if dated is None or record["restored_on"] or record["withdrawn_on"]:
        return None
    ids = load_finality(policy.finality).retention
    begins = {found.legal.effective_on or found.legal.issued_on for found in map(instrument, ids)}
    offers = [
        offer
        for start in sorted({day, *(b for b in begins if b > day)})
        if (offer := _offer(record, dated, ids, start))
    ]
    return min(offers, key=lambda offer: offer.effect_on, default=None)


def _offer(record: Record, dated: date, ids: tuple[str, ...], start: date) -> EarlyEnd | None:
    """The way that the laws of ``start`` offer, if they are still those in force when its minimum has run out."""
    asked = (record["kind"], info_class(record), record["field"])
    found = list(exits(ids, *asked, start))
    if not found:
        return None
    open_on = max(start, *(_opens(rule, dated) for _, rule in found))
    law, strictest = max(found, key=lambda pair: (_opens(pair[1], dated), pair[1].workdays))
    if [rule for _, rule in exits(ids, *asked, open_on)] != [rule for _, rule in found]:
        return None
    effect_on = max(open_on + DAY, add_workdays(open_on, max(rule.workdays for _, rule in found)))
    return EarlyEnd(
        strictest.how, open_on, effect_on, strictest.conditions.model_dump(), _cited(law, strictest)
    )


def _opens(rule: Exit, dated: date) -> date:
    """The day after a minimum of months, or the day itself where there is none."""
    return add_months(dated, rule.months) + DAY if rule.months else dated


def _cited(law: Instrument, rule: Exit) -> Citation:
    legal = law.legal
    return Citation(
        legal.id, legal.document, rule.article, legal.title.zh, legal.issued_on, legal.url, rule.tag
    )


Event = Literal["ends", "begins", "fades"]


def event(record: Record, indicator: Indicator, policy: Policy, day: date) -> Event | None:
    """What a record does to an indicator on a day: end, begin to count because it becomes final, or fade with age."""
    dated = dated_on(record)
    seen = [i for i in inputs_of(indicator) if _looks_at(i, record)]
    if dated is None or not seen:
        return None
    if counts_until(record, indicator, policy) == day - DAY:
        return "ends"
    if day in (record["final_on"], _presumed_final(record, policy)):
        return "begins"
    steps = [
        limit
        for i in seen
        for limit in [
            *([i.window_days] if len(seen) > 1 else []),
            *(limit for limit, _ in i.age_weights or ()),
        ]
    ]
    if indicator.aggregate == "days_since":
        steps += [b.upto + 1 for b in indicator.bins if b.upto is not None]
    return "fades" if day - dated in [step * DAY for step in steps] else None


def selects(record: Record, select: Select) -> bool:
    """Whether a selection looks at a record: lists are any of, keys are and, null never matches."""
    wanted = {name: getattr(select, name) for name in ("kind", "field", "result", "severity", "info_class")}
    return (record["scope"] or "own") in select.scope and all(
        record[name] in some for name, some in wanted.items() if some is not None
    )


def _presumed_final(record: Record, policy: Policy) -> date | None:
    finality = load_finality(policy.finality)
    served = record["served_on"] or record["decided_on"]
    return presumed_final_on(served, finality.months) if served and record["kind"] in finality.kinds else None


def turning_days(record: Record, policy: Policy) -> Iterator[date]:
    """Days on which the record can begin, fade, cross a bin or end: on no other day does it change any result by itself."""
    dated = dated_on(record)
    if dated is None:
        return
    finality = load_finality(policy.finality)
    over = use_over_on(record, finality)
    yield from (
        day for day in (over, record["final_on"], record["restored_on"], record["withdrawn_on"]) if day
    )
    if record["publish_until"]:
        yield record["publish_until"] + DAY
    if presumed := _presumed_final(record, policy):
        yield presumed
    for indicator in [inner for i in policy.indicators for inner in inputs_of(i)]:
        if record["kind"] in indicator.select.kind or (
            indicator.among and record["kind"] in indicator.among.kind
        ):
            yield dated + indicator.window_days * DAY
            yield from (dated + limit * DAY for limit, _ in indicator.age_weights or ())
            if indicator.aggregate == "days_since":
                yield from (dated + days * DAY for days in _crossings(indicator, policy))


def _crossings(indicator: Indicator, policy: Policy) -> Iterator[int]:
    """Ages at which the time since a record gives other points or meets or leaves a condition."""
    yield from (b.upto + 1 for b in indicator.bins if b.upto is not None)
    for rule in (*policy.gates, *policy.caps, *policy.vetoes):
        for condition in (*rule.all, *rule.any):
            if condition.indicator == indicator.id:
                yield from (bound for bound in (condition.at_least,) if bound is not None)
                yield from (bound + 1 for bound in (condition.at_most,) if bound is not None)


def opens(end: EarlyEnd, as_of: date) -> dict[str, str]:
    """From when a record may be ended early, in words: now, or from its day."""
    return both("early_now") if end.open_on <= as_of else both("early_from", open=end.open_on)


def to_end(end: EarlyEnd, named: Mapping[str, str], as_of: date) -> dict[str, str]:
    """What to do to end a record early, as a step: ``named`` is the record as a reader may know it."""
    return both(f"step_{end.how}", record=named, opens=opens(end, as_of), on=end.effect_on)
