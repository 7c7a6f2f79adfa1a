"""What is to come and what helps, on the pages: the engine's own answers, for those who may see them, as text and never as markup."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

import outlooks
import pytest
from readers import AudienceClient, keep_nothing, noon_of
from reading_day import day_of_result

from scoring.administration.results.current import CurrentResults
from scoring.policy.language.schema import Audience
from web.parts.view import AudienceName, enterprise_view

COLOURS = ("blue", "green", "yellow", "red", "none")
ALL = Audience(colour=True, points=True, reasons=True, records=True)
HEADINGS = {
    "zh": ("未来变化", "怎样变好", "若无此记录", "信用修复：<span", "未用于评价您的记录"),
    "en": (
        "What is to come",
        "How to do better",
        "Without this record",
        "Credit repair: you can apply",
        "Not held against you",
    ),
}


def seen(folder: CurrentResults, granted: Audience, *, own: bool = False) -> dict[str, Any]:
    """The view of the explanation that has everything."""
    return enterprise_view(outlooks.explanation(), folder.version, granted, own=own)


@pytest.fixture
def staged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every enterprise is the one that has everything, with markup for numbers."""
    attack = outlooks.explanation(number="<b>1</b>", hidden="<b>2</b>")
    keep_nothing(monkeypatch)
    monkeypatch.setattr(CurrentResults, "explain", lambda self, enterprise_id, **how: attack)
    monkeypatch.setattr(CurrentResults, "version_of", lambda self, score: self.version)


@pytest.mark.parametrize("colour", COLOURS)
def test_twin_tells_every_day_of_the_forecast(
    client: AudienceClient, folder: CurrentResults, ids: Mapping[str, str], colour: str
) -> None:
    """The days, the better day and the steps are those that the engine found, none more and none fewer."""
    outlook = folder.explain(ids[colour]).outlook
    twin = client.get(f"/api/e/{ids[colour]}").json["outlook"]  # type: ignore[index]
    assert outlook is not None
    told = sorted(turn["on"] for turn in (*twin["turns"], *twin["more_turns"]))
    assert [turn.on.isoformat() for turn in outlook.turns] == told
    assert (outlook.until.isoformat(), outlook.better_on and outlook.better_on.isoformat()) == (
        twin["until"],
        twin["better_on"],
    )
    steps = [step["on"] for step in twin["path"]["steps"]] if twin["path"] else None
    assert steps == (outlook.path and [step.on.isoformat() for step in outlook.path.steps])


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("colour", COLOURS)
def test_page_tells_what_the_twin_holds(
    client: AudienceClient, ids: Mapping[str, str], colour: str, lang: str
) -> None:
    """Every day, change, cause, prevention and step of the twin stands on the page, in its language."""
    twin = client.get(f"/api/e/{ids[colour]}").json["outlook"]  # type: ignore[index]
    html = client.get(f"/e/{ids[colour]}?lang={lang}").text
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html)).replace("&#39;", "'")
    turns = [*twin["turns"], *twin["more_turns"]]
    said = [turn["points"] for turn in turns if turn["points"]] + [
        cause["text"] for turn in turns for cause in turn["causes"]
    ]
    said += [prevention for turn in turns for prevention in turn["prevention"]]
    said += [step["text"] for step in twin["path"]["steps"]] + [twin["path"]["text"]] if twin["path"] else []
    assert [] == [line[lang] for line in said if line[lang] not in text]
    assert [] == [turn["on"] for turn in turns if f'<time datetime="{turn["on"]}">' not in html]


def test_a_change_of_grade_is_word_and_shape(client: AudienceClient, ids: Mapping[str, str]) -> None:
    """A change of grade shows both grades as words with their shapes and ranks, never as a colour alone."""
    html = client.get(f"/e/{ids['yellow']}?lang=en").text
    rows = re.findall(r'<li class="turn-grade">(.*?)</p>', html, flags=re.S)
    told = ('<svg class="shape"', 'class="chip mark-', "turns to")
    assert rows
    assert [[2, 2, 1]] * len(rows) == [[row.count(part) for part in told] for row in rows]


def test_records_say_what_would_be_without_them(
    client: AudienceClient, folder: CurrentResults, ids: Mapping[str, str]
) -> None:
    """Each record of the twin has the points that the engine found without it, and each early end its days."""
    whole = folder.explain(ids["red"])
    twin = client.get(f"/api/e/{ids['red']}").json  # type: ignore[union-attr]
    evidence = [item for reason in whole.reasons for item in reason.evidence]
    records = [item for reason in twin["reasons"] for item in reason["records"]]  # type: ignore[index]
    changed = [
        (e, r)
        for e, r in zip(evidence, records, strict=True)
        if e.without and e.without.points not in (None, whole.score.points)
    ]
    assert changed
    assert [] == [r["id"] for e, r in changed if f"{e.without.points} points" not in r["without"]["en"]]  # type: ignore[union-attr]
    ends = [e.early_end and e.early_end.effect_on.isoformat() for e in evidence]
    assert ends == [r["early_end"] and r["early_end"]["effect_on"] for r in records]
    assert any(ends)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("audience", get_args(AudienceName))
@pytest.mark.usefixtures("staged")
def test_each_audience_sees_its_parts(
    served_store: str, ids: Mapping[str, str], audience: AudienceName, lang: str
) -> None:
    """The public sees none of it; inspectors all but what did not count; the enterprise and officers that as well."""
    page = AudienceClient(served_store, audience, noon_of(day_of_result()))
    html, twin = page.get(f"/e/{ids['red']}?lang={lang}").text, page.get(f"/api/e/{ids['red']}").text
    own = audience in ("enterprise", "officer")
    expected = [audience != "public"] * 4 + [own]
    assert expected == [heading in html for heading in HEADINGS[lang]]
    parts = ('"outlook": null', '"not_counted": null', "2026-12-13", "r-hidden")
    held = [part.replace(" ", "") in twin.replace(" ", "") for part in parts]
    assert [audience == "public", not own, audience != "public", own] == held


@pytest.mark.usefixtures("staged")
def test_record_numbers_are_escaped(served_store: str, ids: Mapping[str, str]) -> None:
    """Numbers that are markup are text in causes, steps, records and records that did not count."""
    page = AudienceClient(served_store, "officer", noon_of(day_of_result()))
    html = page.get(f"/e/{ids['red']}").text
    assert [(False, True), (False, True)] == [
        (f"<b>{n}</b>" in html, f"&lt;b&gt;{n}&lt;/b&gt;" in html) for n in (1, 2)
    ]


@pytest.mark.parametrize("missing", ["colour", "points", "reasons"])
def test_the_outlook_needs_three_grants(folder: CurrentResults, missing: str) -> None:
    """Without colour, points or reasons there is no outlook and no what-if, and until when is told by the records alone."""
    view = seen(folder, ALL.model_copy(update={missing: False}))
    records = [record for reason in view["reasons"] or () for record in reason["records"]]
    assert (None, set()) == (view["outlook"], {record["without"] for record in records} - {None})
    if missing != "reasons":
        assert (
            "After 12 December 2026 one of these records stops counting" == view["summary"]["until"][0]["en"]
        )


def test_without_records_none_is_named(folder: CurrentResults) -> None:
    """With everything but records granted, causes and steps name no record, whoever asks."""
    for own in (False, True):
        view = seen(folder, ALL.model_copy(update={"records": False}), own=own)
        named = [cause["records"] for turn in view["outlook"]["turns"] for cause in turn["causes"]]
        assert ([[]] * len(named), None) == (named, view["not_counted"])
        assert [] == [word for word in (outlooks.NUMBER, "HIDDEN-7", "r-1", "r-hidden") if word in str(view)]


def test_summary_tells_all_steps_and_the_better_day(folder: CurrentResults) -> None:
    """The first screen numbers every step of the path, says what they lead to if accepted, and what comes without."""
    summary = seen(folder, ALL, own=True)["summary"]
    steps = [
        f"{n}. 2026 年 8 月 31 日起可以申请信用修复（{number}）"
        for n, number in ((1, outlooks.NUMBER), (2, "HIDDEN-7"))
    ]
    outcome = "如获准，最晚 2026 年 9 月 14 日转为绿码（第2级）；不申请，要到 2026 年 12 月 13 日。"
    assert [*steps, outcome] == [line["zh"] for line in summary["do"]]
    assert ["没有新记录时，2026 年 12 月 13 日起为绿码（第2级）"] == [line["zh"] for line in summary["until"]]


def test_waiting_is_nothing_to_do(folder: CurrentResults) -> None:
    """Where the path is to wait, the first screen says that it changes by itself, and no advice that gains nothing."""
    e = outlooks.explanation()
    wait = replace(outlooks.step("r-1"), kind="wait")
    outlook = replace(outlooks.outlook_of(*outlooks.TURNS, steps=(wait,)), better_on=outlooks.TURNS[1].on)
    waits = replace(e, advice=({"zh": "整改", "en": "Mend"},), outlook=outlook)
    told = [line["zh"] for line in enterprise_view(waits, folder.version, ALL)["summary"]["do"]]
    assert ["目前没有可以提前变好的办法；2026 年 12 月 13 日会自动转为绿码（第2级）"] == told


@pytest.mark.parametrize(
    ("colour", "heading"),
    [("blue", "How to keep it"), ("red", "How to do better")],
)
def test_the_heading_fits_the_grade(
    client: AudienceClient, ids: Mapping[str, str], colour: str, heading: str
) -> None:
    """The best grade is to be kept, all others learn how to do better."""
    assert f"<h2>{heading}</h2>" in client.get(f"/e/{ids[colour]}?lang=en").text


@pytest.mark.parametrize("audience", ["enterprise", "officer"])
def test_own_readers_read_why_each_record_did_not_count(
    folder: CurrentResults, ids: Mapping[str, str], served_store: str, audience: AudienceName
) -> None:
    """The twin holds every record that did not count with its rule, and the page its words."""
    page = AudienceClient(served_store, audience, noon_of(day_of_result()))
    whole = folder.explain(ids["red"])
    twin, html = page.get(f"/api/e/{ids['red']}").json, page.get(f"/e/{ids['red']}?lang=en").text
    assert [(e.record_id, rule) for e, rule in whole.excluded] == [
        (r["id"], r["rule"]) for r in twin["not_counted"]
    ]  # type: ignore[index]
    assert whole.excluded
    assert f"Not held against you ({len(whole.excluded)})" in html
