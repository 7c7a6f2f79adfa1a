"""What the firm reads first: whom to ask, what it can do, what was not used, its rights, and how old it all is."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from readers import AudienceClient, noon_of
from reading_day import day_of_result

from scoring.administration.results.current import CurrentResults
from scoring.administration.results.search import EnterpriseSearch
from scoring.entities import Explanation
from scoring.entities.authorities import AuthorityRegister, register
from scoring.explain.present import withheld
from scoring.explain.words import contacts
from web.parts.view import AudienceName

SAMPLE = int(os.environ.get("SISE_SCREENS", "20"))
"""First screens of each colour that are read; a campaign reads more."""
ORDERED = re.compile("一次检查未发现问题|最迟|一条记录|one record|visit without")
"""What nobody can do or be told: to obtain a visit, a day that reads as a deadline, a record without its name."""
CONTESTS = ("记录有误：异议", "计算有误：重算申请", "要求由人判断：人工审查", "问题已改好：复查申请")


@pytest.fixture(scope="module")
def views(client: AudienceClient, folder: CurrentResults) -> list[dict[str, Any]]:
    """The twins of yellow and red enterprises."""
    found = [
        score
        for colour in ("yellow", "red")
        for score in folder.find(EnterpriseSearch(colour=colour), limit=SAMPLE)[1]
    ]
    twins = [client.get(f"/api/e/{score.enterprise_id}").json for score in found]
    return [twin for twin in twins if twin is not None]


def gains(view: Mapping[str, Any]) -> Iterable[int]:
    """By how many days what is to be done comes before what comes by itself."""
    path = view["outlook"]["path"]
    acted = [step for step in path["steps"] if step["kind"] != "wait"] if path else []
    if not acted:
        return
    turns = [*view["outlook"]["turns"], *view["outlook"]["more_turns"]]
    for turn in sorted(turns, key=lambda turn: turn["on"]):
        if (turn["after"]["rank"] or 9) <= path["grade"]["rank"]:
            yield (date.fromisoformat(turn["on"]) - date.fromisoformat(path["on"])).days
            return


def test_no_first_screen_advises_what_cannot_be_done(views: list[dict[str, Any]]) -> None:
    """Nobody is told to obtain a visit, to act on a nameless record, or to apply for what comes within two weeks."""
    wrong = {
        view["enterprise"]["id"]: line["zh"]
        for view in views
        for line in view["summary"]["do"]
        if ORDERED.search(line["zh"] + line["en"])
    }
    assert ({}, 2 * SAMPLE) == (wrong, len(views))
    assert [] == [view["enterprise"]["id"] for view in views if any(gain < 14 for gain in gains(view))]


def test_all_steps_are_told_in_the_order_of_who_acts(views: list[dict[str, Any]]) -> None:
    """The first screen has every step in which the firm acts, numbered where they are several, applications first."""
    order = ("restore", "cure", "reinspect", "wait")
    for view in views:
        path = view["outlook"]["path"]
        kinds = [order.index(step["kind"]) for step in path["steps"]]
        acted = [kind for kind in kinds if kind < len(order) - 1]
        numbered = [line["zh"] for line in view["summary"]["do"] if re.match(r"[0-9]\. ", line["zh"])]
        assert (sorted(kinds), len(acted) if len(acted) > 1 else 0) == (kinds, len(numbered))


def test_every_first_screen_says_whom_to_ask(views: list[dict[str, Any]], client: AudienceClient) -> None:
    """Each has a name with a telephone that a phone can dial, the authorities of its records and then the publisher."""
    assert [] == [view["enterprise"]["id"] for view in views if not view["ask"][0]["telephone"]]
    assert {True} == {view["ask"][-1]["publisher"] for view in views}
    html = client.get(f"/e/{views[0]['enterprise']['id']}?lang=zh").text
    brief = html[html.index('<dl class="brief">') : html.index("</dl>")]
    assert (True, True) == ("找谁" in brief, f'href="{views[0]["ask"][0]["tel"]}"' in brief)


def test_each_record_has_the_desk_of_its_authority(views: list[dict[str, Any]]) -> None:
    """Every record that names an authority has its desk, telephone and address."""
    records = [record for view in views for reason in view["reasons"] for record in reason["records"]]
    named = [record for record in records if record["authority"]]
    assert len(named) > SAMPLE
    assert [] == [record["id"] for record in named if not (record["contact"] or {}).get("address")]


@pytest.mark.parametrize("path", ["/", "/about", "/e/unknown"])
def test_the_publisher_is_on_every_page(client: AudienceClient, path: str) -> None:
    """The footer of every page, and the page of what is not found, name the publisher and its telephone."""
    html = client.get(f"{path}?lang=zh").text
    assert html.count('href="tel:05700000114"') == (2 if path == "/e/unknown" else 1)


def test_without_a_publisher_the_place_is_seen(
    client: AudienceClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody is entered the page says that no contact is configured."""
    others = {
        code: replace(entry, publisher=False)
        for code, entry in register().authorities.items()
        if not entry.publisher
    }
    monkeypatch.setattr(contacts, "register", lambda: AuthorityRegister(others, ()))
    assert "（未配置联系方式）" in client.get("/?lang=zh").text


def test_made_up_contacts_stand_beside_made_up_facts_alone() -> None:
    """A made-up desk is never shown where the facts are real."""
    shown = [
        contacts.contact_of("柯城区虚构市场监管局", fictitious=made_up)["telephone"]
        for made_up in (True, False)
    ]
    assert [True, False] == list(map(bool, shown))
    assert contacts.publisher(fictitious=False)["telephone"] is None


def test_the_contest_stands_directly_below_the_card(client: AudienceClient, ids: Mapping[str, str]) -> None:
    """The five ways are told by their own words before any detail, and that of the colour itself nothing is settled."""
    html = client.get(f"/e/{ids['red']}?lang=zh").text
    section = html[html.index('id="contest"') : html.index('<div class="columns">')]
    assert [] == [way for way in (*CONTESTS, "尚无定论", "不服异议处理结果：复核") if way not in section]


def test_the_firm_sees_all_that_was_not_used(
    client: AudienceClient, public: AudienceClient, folder: CurrentResults, ids: Mapping[str, str]
) -> None:
    """Of each colour, every record that did not count is in the twin with its rule in words; the public has none."""
    told = 0
    for colour in ("blue", "green", "yellow", "red", "none"):
        whole = folder.explain(ids[colour])
        twin, outside = client.get(f"/api/e/{ids[colour]}").json, public.get(f"/api/e/{ids[colour]}").json
        assert twin is not None and outside is not None
        assert [record.record_id for record, _ in whole.excluded] == [
            row["id"] for row in twin["not_counted"]
        ]
        assert all(row["why"]["zh"] and row["why"]["en"] for row in twin["not_counted"])
        assert outside["not_counted"] is None
        told += len(whole.excluded)
    assert told


@pytest.mark.parametrize("audience", ["enterprise", "inspector", "officer", "public"])
def test_how_records_stand_to_each_other_is_told(
    served_store: str, views: list[dict[str, Any]], audience: AudienceName
) -> None:
    """Firm, inspector and officer read which re-checks close nothing and what could not be joined; the public does not."""
    view = next(view for view in views if view["joined"])
    readers = AudienceClient(served_store, audience, noon_of(day_of_result()))
    for lang, head in (("zh", "记录之间的关系"), ("en", "How the records stand to each other")):
        html = unescape(readers.get(f"/e/{view['enterprise']['id']}?lang={lang}").text)
        told = [sentence[lang] in html for sentence in view["joined"]]
        assert ([audience != "public"] * len(told), audience != "public") == (told, head in html)
    twin = readers.get(f"/api/e/{view['enterprise']['id']}").json
    assert twin is not None
    assert (None if audience == "public" else view["joined"]) == twin["joined"]


@pytest.mark.parametrize(("days", "told"), [(0, False), (7, False), (8, True), (59, True)])
def test_an_old_result_says_how_old_it_is(
    served_store: str, ids: Mapping[str, str], days: int, told: bool
) -> None:
    """From the eighth day on every page says of which day the result is and for how long it was not updated."""
    clock = noon_of(day_of_result() + timedelta(days=days))
    for audience, path in (("public", "/"), ("enterprise", f"/e/{ids['yellow']}")):
        html = AudienceClient(served_store, audience, clock).get(f"{path}?lang=zh").text
        assert told == (f"已 {days} 天未更新" in html)


def test_a_day_that_is_past_is_told_as_past(served_store: str, ids: Mapping[str, str]) -> None:
    """Read two years later, what was to come is marked as past on the first screen and in the list."""
    later = AudienceClient(served_store, "enterprise", noon_of(day_of_result() + timedelta(days=730)))
    twin = later.get(f"/api/e/{ids['yellow']}").json
    assert twin is not None
    assert any(turn["past"] for turn in twin["outlook"]["turns"])
    assert "（已过）" in " ".join(line["zh"] for line in twin["summary"]["until"] + twin["summary"]["do"])


@pytest.mark.parametrize(
    ("lang", "words"), [("zh", "不在评价范围，不需要办理任何事。"), ("en", "is not rated. No action needed.")]
)
def test_outside_the_scheme_is_one_sentence(
    client: AudienceClient, ids: Mapping[str, str], lang: str, words: str
) -> None:
    """Who is outside the scheme reads one sentence: no plan, no chart, no sticker, no legend."""
    html = client.get(f"/e/{ids['outside']}?lang={lang}").text
    assert (1, False) == (
        html.count(words),
        any(part in html for part in ("<h2>", "<dl", "<img", 'class="legend"')),
    )


def test_nothing_reads_as_settled_of_the_colour(views: list[dict[str, Any]]) -> None:
    """Remedies stand under records and are of records: no sentence on the colour promises review or lawsuit."""
    lines = [
        line["zh"] for view in views for part in ("why", "means", "until") for line in view["summary"][part]
    ]
    assert [] == [line for line in lines if "复议" in line or "诉讼" in line]


def test_an_unknown_reader_is_no_owner(folder: CurrentResults, ids: Mapping[str, str]) -> None:
    """Whoever does not say who he is sees no record that did not count (least by default)."""
    whole: Explanation = folder.explain(ids["red"])
    assert (True, ()) == (bool(whole.excluded), withheld(whole).excluded)
