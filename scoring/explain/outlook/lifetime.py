"""When a record stops counting, what could end it sooner, and on which days it moves a result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Literal

from scoring.assess.assessor import Record
from scoring.engine.turning import turning_ages
from scoring.entities import Citation, EarlyEnd
from scoring.explain.words.figures import prose_day
from scoring.policy.language.aggregates import AGGREGATES
from scoring.policy.language.schema import Indicator, Policy
from scoring.policy.law.applied import Law
from scoring.policy.law.retention import Exit, Instrument, exits, use_rules
from scoring.policy.read.instruments import address_of
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import both
from scoring.workdays import add_months, add_workdays, presumed_final_on

DAY = timedelta(days=1)
LEAST_GAIN = 14
"""Days that an application must bring forward: for fewer nobody need apply."""
COMPLEX_WORKDAYS = {"ndrc36": 10}
"""Further working days for complex matters by the id of the law: Order 36 has ten and ten more."""
COUNTED_FROM_CURE = ("mohrss45_removal",)
"""Ways whose months run from the cure and not from the day of the record."""
RecordTurn = Literal["ends", "begins", "fades"]
"""What a record does to an indicator on a day."""


def dated_on(record: Record) -> date | None:
    """The day a record ages from."""
    day: date | None = record["decided_on"] or record["occurred_on"]
    return day


def info_class(record: Record) -> object:
    """The class that the law of use and restoration asks for."""
    return record["info_class"] or record["severity"]


def use_over_on(record: Record, law: Law) -> date | None:
    """First day on which the law no longer lets the record be used.

    Laws may begin or end in between.
    """
    dated = dated_on(record)
    if dated is None:
        return None
    first_days_over = []
    for instrument, rule in use_rules(law.instruments):
        if rule.fits(record["kind"], info_class(record), record["field"]):
            # The corresponding day is the last on which it may be used (Civil Code art. 202).
            first_day_over = max(add_months(dated, rule.months) + DAY, instrument.begins)
            if instrument.in_force(rule, first_day_over):
                first_days_over.append(first_day_over)
    return min(first_days_over, default=None)


def counts_until(record: Record, indicator: Indicator, resolved: ResolvedPolicy) -> date | None:
    """Last day on which the record counts for the indicator if nothing new happens.

    What became known later says nothing here.
    """
    dated = dated_on(record)
    selecting = _selecting_inputs(record, indicator, resolved)
    weighed = max(map(_days_of_weight, selecting), default=_days_of_weight(indicator))
    last_days = [dated + (weighed - 1) * DAY] if dated else []
    last_days += [record["publish_until"]] if record["publish_until"] else []
    last_days += [record[column] - DAY for column in ("restored_on", "withdrawn_on") if record[column]]
    use_over = use_over_on(record, resolved.law)
    return min([*last_days, use_over - DAY] if use_over else last_days, default=None)


def _days_of_weight(indicator: Indicator) -> int:
    """Days for which an indicator gives a record any weight."""
    if not indicator.age_weights:
        return indicator.window_days
    weighed = [below_age for below_age, weight in indicator.age_weights if weight]
    return min(indicator.window_days, max(weighed, default=0))


def _selecting_inputs(record: Record, indicator: Indicator, resolved: ResolvedPolicy) -> list[Indicator]:
    """The inputs of an indicator that look at a record; an indicator that is no model is its own input."""
    inputs = resolved.inputs_of(indicator)
    return [model_input for model_input in inputs if _looks_at(model_input, record)]


def _looks_at(indicator: Indicator, record: Record) -> bool:
    return indicator.select.looks_at(record) or (
        indicator.among is not None and indicator.among.looks_at(record)
    )


def early_end(record: Record, resolved: ResolvedPolicy, day: date) -> EarlyEnd | None:
    """The earliest lawful way to end a record, seen from a day.

    All laws in force when it is applied for must allow it. A law that begins later may open the way
    sooner than the one it replaces, so each day on which a law begins is asked too.
    """
    dated = dated_on(record)
    if dated is None or record["restored_on"] or record["withdrawn_on"]:
        return None
    instruments = resolved.law.instruments
    begins = {instrument.begins for instrument in instruments}
    starts = sorted({day, *(begin for begin in begins if begin > day)})
    offers = [_offer(record, dated, instruments, start) for start in starts]
    open_offers = [offer for offer in offers if offer is not None]
    return min(open_offers, key=lambda offer: offer.effect_on, default=None)


def _offer(record: Record, dated: date, instruments: Sequence[Instrument], start: date) -> EarlyEnd | None:
    """What the laws of ``start`` offer, if they still hold when the minimum has run out."""
    described = (record["kind"], info_class(record), record["field"])
    ways = list(exits(instruments, *described, start))
    if not ways:
        return None
    rules = [rule for _instrument, rule in ways]
    open_on = max(start, *(_opens(rule, dated) for rule in rules))
    law, strictest = max(ways, key=lambda way: (_opens(way[1], dated), way[1].workdays))
    if [rule for _instrument, rule in exits(instruments, *described, open_on)] != rules:
        return None
    # The authority has its working days to decide; what is cured at once ends the day after.
    longest = max(rule.workdays for rule in rules)
    more = max(COMPLEX_WORKDAYS.get(instrument.legal.id, 0) for instrument, _rule in ways)
    return EarlyEnd(
        how=strictest.how,
        open_on=open_on,
        effect_on=max(open_on + DAY, add_workdays(open_on, longest + more)),
        conditions=strictest.conditions.model_dump(),
        legal=_cited(law, strictest),
        after_cure=strictest.how == "cure" or not strictest.months or strictest.id in COUNTED_FROM_CURE,
        workdays=longest,
        more_workdays=more,
    )


def worthwhile_end(record: Record, resolved: ResolvedPolicy, day: date) -> EarlyEnd | None:
    """The earliest lawful way to end a record, where it brings the end forward by two weeks or more."""
    ending = early_end(record, resolved, day)
    natural = _counts_at_all_until(record, resolved)
    if ending is None or natural is None:
        return ending
    return ending if (natural + DAY - ending.effect_on).days >= LEAST_GAIN else None


def _counts_at_all_until(record: Record, resolved: ResolvedPolicy) -> date | None:
    """Last day on which the record counts for any indicator; ``None`` where it has none or no end."""
    weighing = [indicator for indicator in resolved.policy.indicators if indicator.id in record["weights"]]
    last_days = [counts_until(record, indicator, resolved) for indicator in weighing]
    return max((day for day in last_days if day), default=None) if None not in last_days else None


def _opens(rule: Exit, dated: date) -> date:
    """The day after a minimum of months, or the day itself where there is none."""
    return add_months(dated, rule.months) + DAY if rule.months else dated


def _cited(instrument: Instrument, rule: Exit) -> Citation:
    legal = instrument.legal
    return Citation(
        id=legal.id,
        document=legal.document,
        article=rule.article,
        title=legal.title.zh,
        issued_on=legal.issued_on,
        url=legal.url or address_of(legal),
        tag=rule.tag,
        role=legal.role,
    )


def record_turn(
    record: Record, indicator: Indicator, resolved: ResolvedPolicy, day: date
) -> RecordTurn | None:
    """What a record does to an indicator on a day.

    It ends, begins to count because it becomes final, or fades with age.
    """
    dated = dated_on(record)
    selecting = _selecting_inputs(record, indicator, resolved)
    if dated is None or not selecting:
        return None
    # An end comes first: a record that ends on the day also fades on it.
    if counts_until(record, indicator, resolved) == day - DAY:
        return "ends"
    if day in (record["final_on"], _presumed_final(record, resolved.law)):
        return "begins"
    return "fades" if (day - dated).days in _ages_of_change(indicator, selecting) else None


def _ages_of_change(indicator: Indicator, selecting: Sequence[Indicator]) -> Iterator[int]:
    """Ages at which a record weighs less or, where days are counted, crosses a bin."""
    for model_input in selecting:
        if len(selecting) > 1:
            yield model_input.window_days
        yield from (below_age for below_age, _percent in model_input.age_weights or ())
    if AGGREGATES[indicator.aggregate].counts_days:
        yield from (points_bin.upto + 1 for points_bin in indicator.bins if points_bin.upto is not None)


def _presumed_final(record: Record, law: Law) -> date | None:
    served = record["served_on"] or record["decided_on"]
    if not served or record["kind"] not in law.finality.kinds:
        return None
    return presumed_final_on(served, law.finality.months)


def final_from(record: Record, law: Law) -> date | None:
    """First day on which a decision is final, by its own date or presumed; ``None``: it need not be, or has no date."""
    if record["kind"] not in law.finality.kinds:
        return None
    own: date | None = record["final_on"]
    presumed = _presumed_final(record, law)
    if own and presumed and record["contest"] in (law.finality.no_sooner_contests or ()):
        return max(own, presumed)
    return own or presumed


def turning_days(record: Record, resolved: ResolvedPolicy) -> Iterator[date]:
    """Days on which the record can begin, fade, cross a bin or end.

    On no other day does it change any result by itself.
    """
    dated = dated_on(record)
    if dated is None:
        return
    use_over = use_over_on(record, resolved.law)
    named = ("final_on", "restored_on", "withdrawn_on", "masked_from", "masked_until")
    own_days = [use_over, *(record[name] for name in named)]
    yield from (day for day in own_days if day)
    relations = resolved.law.relations
    if relations is not None and record["mended_on"]:
        yield add_workdays(record["mended_on"], relations.rechecks.workdays) + DAY
    if record["publish_until"]:
        yield record["publish_until"] + DAY
    if presumed := _presumed_final(record, resolved.law):
        yield presumed
    for indicator in resolved.policy.indicators:
        for model_input in resolved.inputs_of(indicator):
            yield from (dated + age * DAY for age in _turning_ages(record, model_input, resolved.policy))


def _turning_ages(record: Record, indicator: Indicator, policy: Policy) -> Iterator[int]:
    selects = [indicator.select, *([indicator.among] if indicator.among else [])]
    if any(select.takes("kind", record["kind"]) for select in selects):
        yield from turning_ages(indicator, policy)


def opens(end: EarlyEnd, as_of: date) -> dict[str, str]:
    """From when a record may be ended early, in words: now, or from its day."""
    return both("early_now") if end.open_on <= as_of else both("early_from", open=prose_day(end.open_on))


def to_end(end: EarlyEnd, named: Mapping[str, str], as_of: date) -> dict[str, str]:
    """What to do to end a record early, as a step; ``named`` is the record as a reader may know it."""
    if end.after_cure:
        return both(f"step_{end.how}_cured", record=named, conditions=end.conditions)
    if end.open_on <= as_of:
        return both("step_restore_now", record=named)
    return both("step_restore_from", record=named, open=prose_day(end.open_on))
