"""Default deny: what the policy does not grant an audience is on no page and in no JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import get_args

import pytest
from readers import AudienceClient, keep_nothing, noon_of
from reading_day import day_of_result

from scoring.administration.results.current import CurrentResults
from scoring.administration.results.reader import open_results
from scoring.policy.language.schema import Audience
from web.parts.view import AudienceName, card_face, enterprise_view

PARTS = (
    "result",
    "points",
    "summary",
    "facts",
    "rules",
    "reasons",
    "advice",
    "outlook",
    "not_counted",
    "joined",
)
COLOURS = ("blue", "green", "yellow", "red", "none")


def test_nothing_granted_shows_nothing(folder: CurrentResults, ids: Mapping[str, str]) -> None:
    """An audience without grants gets the name and the rules in use, nothing of the result and no card."""
    explanation = folder.explain(ids["red"])
    view = enterprise_view(explanation, folder.version, Audience())
    assert ([None] * len(PARTS), None) == ([view[part] for part in PARTS], card_face(explanation, Audience()))


@pytest.mark.parametrize(
    ("granted", "expected"),
    [
        (Audience(colour=True), {"result"}),
        (Audience(points=True), {"points"}),
        (Audience(reasons=True), {"summary", "facts", "rules", "reasons", "advice"}),
        (Audience(records=True), set()),
    ],
    ids=["colour", "points", "reasons", "records"],
)
def test_each_grant_opens_its_part_alone(
    folder: CurrentResults, ids: Mapping[str, str], granted: Audience, expected: set[str]
) -> None:
    """Each grant opens its own part and no other."""
    view = enterprise_view(folder.explain(ids["yellow"]), folder.version, granted)
    assert expected == {part for part in PARTS if view[part] is not None}


def test_reasons_without_records(folder: CurrentResults, ids: Mapping[str, str]) -> None:
    """With reasons but not records granted, no record is in any reason or rule."""
    view = enterprise_view(folder.explain(ids["red"]), folder.version, Audience(colour=True, reasons=True))
    assert {None} == {item["records"] for item in (*view["reasons"], *view["rules"])}


@pytest.mark.parametrize("colour", COLOURS)
def test_public_sees_the_colour_and_no_more(
    public: AudienceClient, folder: CurrentResults, ids: Mapping[str, str], colour: str
) -> None:
    """The public's page shows the mark; no points, reason, record, nor why somebody is not rated."""
    view = public.get(f"/api/e/{ids[colour]}").json
    shown = [part for part in PARTS if view[part] is not None]  # type: ignore[index]
    explanation, html = folder.explain(ids[colour]), public.get(f"/e/{ids[colour]}?lang=zh").text
    labels = [item.label["zh"] for item in (*explanation.reasons, *explanation.rules)]
    assert (["result"], []) == (shown, [label for label in labels if label in html])


def test_public_gets_no_list(public: AudienceClient, ids: Mapping[str, str]) -> None:
    """The public may ask for one code at a time; names and colours give no list to harvest."""
    totals = [
        public.get("/api/search", query_string=q).json["total"]
        for q in ({"q": "虚构"}, {"colour": "red"}, {"q": ids["red"]})
    ]  # type: ignore[index]
    assert [0, 0, 1] == totals


def test_public_rules_hold_no_indicator(public: AudienceClient) -> None:
    """The public's rules page has title, version and hash, not the indicators."""
    about = public.get("/api/about").json
    assert [None, None, None] == [about[part] for part in ("groups", "rules", "legal")]  # type: ignore[index]


@pytest.mark.parametrize("audience", get_args(AudienceName))
def test_officers_words_are_on_no_page(
    served_store: str, ids: Mapping[str, str], audience: AudienceName, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Officers' notes are on no page and in no JSON, for anybody; records that did not count are for the enterprise and officers."""
    app, real = (
        AudienceClient(served_store, audience, noon_of(day_of_result())),
        open_results(served_store).explain(ids["red"]),
    )
    noted = tuple(
        replace(r, evidence=tuple(replace(e, officer_note="CANARY") for e in r.evidence))
        for r in real.reasons
    )
    ruled = tuple(
        replace(r, evidence=tuple(replace(e, officer_note="CANARY") for e in r.evidence)) for r in real.rules
    )
    hidden = (
        replace(
            real.reasons[0].evidence[0], record_id="UNCOUNTED", document_no="UNCOUNTED", officer_note="CANARY"
        ),
        "not_final",
    )
    bad = replace(real, reasons=noted, rules=ruled, excluded=(hidden,))
    keep_nothing(monkeypatch)
    monkeypatch.setattr(CurrentResults, "explain", lambda self, enterprise_id, **how: bad)
    answers = [app.get(path).text for path in (f"/e/{ids['red']}?lang=en", f"/api/e/{ids['red']}")]
    assert [False, False] == ["CANARY" in answer for answer in answers]
    own = audience in ("enterprise", "officer")
    assert [own] * 2 == ["UNCOUNTED" in answer and "Not final" in answer for answer in answers]
    assert [not own] * 2 == ["UNCOUNTED" not in answer for answer in answers]
