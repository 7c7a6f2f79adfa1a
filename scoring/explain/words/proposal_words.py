"""A pending proposal in words and as plain data: pages, their twins, the terminal and notices say the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from scoring.entities import CausingRecord, PendingProposal, ProposalCause, RecordCorrection
from scoring.explain.words.figures import decimal, labels, money, prose_day, signed
from scoring.explain.words.grades import grade_name
from scoring.rules.wording import LANGUAGES, both, say

Both = dict[str, str]
MOST_NAMED = 3
"""Records of one cause, and authorities, that a sentence names."""
TABLES = {"kind": "kinds", "result": "results", "severity": "severities"}
"""Columns of codes, with the table of their words."""


def described(proposal: PendingProposal) -> dict[str, Any]:
    """The proposal as plain data; every text in both languages, days as ISO text, points as numbers."""
    return {
        "number": proposal.number,
        "better": proposal.better,
        "first": proposal.first,
        "before": proposal.before.id if proposal.before else None,
        "proposed": proposal.proposed.id,
        "title": title(proposal),
        "points": _points(proposal.points_before, proposal.points_now, proposal),
        "totals": totals(proposal),
        "causes": [_described_cause(cause, proposal) for cause in proposal.causes],
        "others": _number(proposal.others, proposal),
        "served": _served(proposal),
        "answer": _answer(proposal),
        "reviewers": proposal.reviewers,
        "confirmed": len(proposal.confirmed_by),
        "open_statements": len(proposal.open_statements),
        "returned": proposal.returned,
        "waits": list(proposal.waits),
        "lines": list(lines(proposal)),
        "until": takes_effect(proposal),
        "proposed_on": proposal.proposed_on.isoformat(),
        "as_of": proposal.as_of.isoformat(),
    }


def title(proposal: PendingProposal) -> Both:
    """From which grade to which, and that it is not in force."""
    now = grade_name(proposal.proposed)
    if proposal.first:
        return both("proposal_first", now=now)
    if proposal.before is None:
        return both("proposal_unrated", now=now)
    text_id = "proposal_rise" if proposal.better else "proposal_fall"
    return both(text_id, before=grade_name(proposal.before), now=now)


def before_words(proposal: PendingProposal) -> Both:
    """The grade in effect; of who has none, that it is not rated."""
    return grade_name(proposal.before) if proposal.before else both("not_rated")


def now_words(proposal: PendingProposal) -> Both:
    """The grade proposed."""
    return grade_name(proposal.proposed)


def causes(proposal: PendingProposal) -> list[Both]:
    """What brings it, a sentence each."""
    return [cause_words(cause, proposal) for cause in proposal.causes]


def cause_words(cause: ProposalCause, proposal: PendingProposal) -> Both:
    """One cause: the records with what they did, the rules that apply and the points then and now."""
    named = [record_words(record) for record in cause.records[:MOST_NAMED]]
    if len(cause.records) > MOST_NAMED:
        named.append(both("and_more", n=len(cause.records) - MOST_NAMED))
    if not named:
        named = [dict(label) for label in cause.indicators]
    effects = []
    if proposal.points_now is not None and (cause.change or not cause.rules):
        effects.append(effect_words(cause, proposal))
    effects += [both("pe_rule", label=label) for label in cause.rules]
    if not named or not effects:
        return _joined(named or effects, "d_semicolon")
    return both("pc_cause", what=_joined(named, "d_semicolon"), effect=_joined(effects, "comma"))


def _joined(parts: Sequence[Both], between: str) -> Both:
    """Texts one behind the other, with the words of an id between them."""
    joined: Both = {}
    for lang in LANGUAGES:
        joined[lang] = say(lang, between).join(part[lang] for part in parts)
    return joined


def record_words(record: CausingRecord) -> Both:
    """A record and what it did: its day, what it is, its number and who decided it."""
    changes = [_correction(correction) for correction in record.corrections]
    brackets = both("pc_bracketed", text=both("pc_joined", parts=changes)) if changes else both("pc_nothing")
    return both(f"pc_{record.code}", record=record_name(record), on=prose_day(record.on), changes=brackets)


def record_name(record: CausingRecord) -> Both:
    """Day, kind, number and authority of a record; only *a record* for who may not know which."""
    if record.record_id is None:
        return both("h_a_record")
    kind = labels("kinds", record.kind) or {}
    details = [labels(TABLES[column], getattr(record, column)) for column in ("result", "severity")]
    details = [*filter(None, details), *filter(None, [money(record.amount_fen)])]
    what = both("h_detailed", kind=kind, details=details) if details else dict(kind)
    marks = [mark for mark in (record.document_no or record.record_id, record.authority) if mark]
    named = both("coded", label=what, code=marks)
    return both("pc_dated", day=prose_day(record.dated_on), record=named) if record.dated_on else named


def _correction(correction: RecordCorrection) -> Both:
    """One column that was corrected: what it said and what it says."""
    sides = {}
    for side in ("before", "now"):
        sides[side] = _written(correction.column, getattr(correction, side))
    return both("pc_correction", column=both(f"pc_column_{correction.column}"), **sides)


def _written(column: str, text: str | None) -> Both:
    """What a column says, in words."""
    if text is None:
        return both("pc_blank")
    if column == "amount_fen":
        return money(int(text)) or both("pc_blank")
    return (labels(TABLES[column], text) if column in TABLES else None) or dict.fromkeys(LANGUAGES, text)


def effect_words(cause: ProposalCause, proposal: PendingProposal) -> Both:
    """What a cause does to the points: taken, no longer given or changed; with the points then and now."""
    before, now, unit = cause.points_before, cause.points_now, proposal.per_point
    words = {"before": signed(before, unit), "now": signed(now, unit), "n": decimal(abs(now - before), unit)}
    if not proposal.higher_is_better or (before and now):
        return both("pe_turns", **words)
    if not before:
        return both("pe_takes" if now < 0 else "pe_gives", **words)
    return both("pe_ends_gain" if before > 0 else "pe_ends_loss", **words)


def totals(proposal: PendingProposal) -> Both | None:
    """The total in effect and proposed; ``None`` where the reader may not see points."""
    if proposal.points_now is None:
        return None
    now = decimal(proposal.points_now, proposal.per_point)
    if proposal.points_before is None:
        return both("proposal_points_first", now=now)
    before = decimal(proposal.points_before, proposal.per_point)
    if not proposal.others:
        return both("proposal_points", before=before, now=now)
    others = signed(proposal.others, proposal.per_point)
    return both("proposal_points_others", before=before, now=now, others=others)


def answering(proposal: PendingProposal) -> Both | None:
    """Until when it can be answered, or that the period has not begun or is over; a rise asks for no answer."""
    if proposal.better:
        return None
    hearing = proposal.hearing
    urgent = "_emergency" if hearing.emergency else ""
    return both(f"answer_{hearing.state}{urgent}", last=prose_day(hearing.last_day), n=hearing.workdays)


def addressed(proposal: PendingProposal) -> Both | None:
    """To whom an answer goes: who decided the records, else who served the notice."""
    if proposal.better or proposal.hearing.state == "over":
        return None
    if proposal.hearing.authorities:
        return both("answer_to", authorities=list(proposal.hearing.authorities[:MOST_NAMED]))
    return both("answer_to_server")


def served_words(proposal: PendingProposal) -> Both | None:
    """When and how the notice was served; ``None`` where it was not."""
    hearing = proposal.hearing
    if hearing.served_on is None:
        return None
    return both(
        "proposal_served",
        on=prose_day(hearing.served_on),
        how=both(f"service_{hearing.how or 'unknown_way'}"),
    )


def lines(proposal: PendingProposal) -> Iterator[Both]:
    """What else is on file: service, reviews, statements, returned facts."""
    if served := served_words(proposal):
        yield served
    if proposal.reviewers:
        yield both("proposal_reviews", n=proposal.reviewers, done=len(proposal.confirmed_by))
    if proposal.open_statements:
        yield both("proposal_statements", n=len(proposal.open_statements))
    if proposal.returned:
        yield both("proposal_returned")


def takes_effect(proposal: PendingProposal) -> Both:
    """When it takes effect at the earliest, or what it still waits for."""
    words = {"now": grade_name(proposal.proposed), "before": before_words(proposal)}
    hearing = proposal.hearing
    if hearing.state == "unserved" and not proposal.better:
        return both("until_unserved", **words)
    if hearing.state == "running" and hearing.last_day:
        return both("until_running", last=prose_day(hearing.last_day), **words)
    if proposal.waits:
        return both("until_waits", waits=[both(f"w_{reason}") for reason in proposal.waits], **words)
    return both("until_next_scoring", **words)


def _described_cause(cause: ProposalCause, proposal: PendingProposal) -> dict[str, Any]:
    return {
        "code": cause.code,
        "text": cause_words(cause, proposal),
        "points": _points(cause.points_before, cause.points_now, proposal),
        "indicators": [dict(label) for label in cause.indicators],
        "rules": [dict(label) for label in cause.rules],
        "records": [_described_record(record) for record in cause.records if record.record_id],
    }


def _described_record(record: CausingRecord) -> dict[str, Any]:
    return {
        "id": record.record_id,
        "code": record.code,
        "on": record.on.isoformat() if record.on else None,
        "kind": labels("kinds", record.kind),
        "result": labels("results", record.result),
        "severity": labels("severities", record.severity),
        "date": record.dated_on.isoformat() if record.dated_on else None,
        "document_no": record.document_no,
        "authority": record.authority,
        "amount": money(record.amount_fen),
        "corrections": [vars(correction) for correction in record.corrections],
    }


def _served(proposal: PendingProposal) -> dict[str, Any] | None:
    hearing = proposal.hearing
    if hearing.served_on is None:
        return None
    return {"on": hearing.served_on.isoformat(), "how": hearing.how, "text": served_words(proposal)}


def _answer(proposal: PendingProposal) -> dict[str, Any]:
    hearing = proposal.hearing
    return {
        "state": hearing.state,
        "first_day": hearing.first_day.isoformat() if hearing.first_day else None,
        "last_day": hearing.last_day.isoformat() if hearing.last_day else None,
        "workdays": hearing.workdays,
        "emergency": hearing.emergency,
        "text": answering(proposal),
        "to": list(hearing.authorities),
        "to_text": addressed(proposal),
    }


def _points(before: int | None, now: int | None, proposal: PendingProposal) -> dict[str, Any] | None:
    """Points then and now; ``None`` where the reader may not see points."""
    if proposal.points_now is None:
        return None
    return {"before": _number(before, proposal), "now": _number(now, proposal)}


def _number(points: int | None, proposal: PendingProposal) -> int | float | None:
    """Points as they are printed, as a number."""
    return points if points is None or proposal.per_point == 1 else points / proposal.per_point
