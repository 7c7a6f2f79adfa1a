"""Points and colour over time on the page: the chart, the list, and only for who may see both points and reasons."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree

import pytest
from readers import AudienceClient

from scoring.administration.results.current import CurrentResults
from scoring.policy.language.schema import Audience
from web.parts.view import enterprise_view


@pytest.mark.parametrize("colour", ["blue", "green", "yellow", "red", "none"])
def test_page_has_chart_and_list(
    client: AudienceClient, folder: CurrentResults, ids: Mapping[str, str], colour: str
) -> None:
    """The page shows the chart as a picture of this site and every change with its number."""
    found = folder.history(ids[colour])
    html = client.get(f"/e/{ids[colour]}?lang=zh").text
    assert f'src="/firm/e/{ids[colour]}/history.svg?lang=zh"' in html
    assert [str(n) for n in range(len(found.changes), 0, -1)] == re.findall(r'<li value="(\d+)">', html)
    assert [] == [change.day for change in found.changes if f'<b class="nowrap">{change.day}</b>' not in html]


@pytest.mark.parametrize(("lang", "word"), [("zh", "红码"), ("en", "Red")])
def test_chart_speaks_the_language(
    client: AudienceClient, ids: Mapping[str, str], lang: str, word: str
) -> None:
    """The chart is an SVG in the language asked for, not stored, without script or style."""
    answer = client.get(f"/e/{ids['red']}/history.svg?lang={lang}")
    assert (200, "image/svg+xml", "no-store") == (
        answer.status_code,
        answer.mimetype,
        answer.headers["Cache-Control"],
    )
    picture = ElementTree.fromstring(answer.text)  # noqa: S314
    texts = [element.text or "" for element in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert word in texts
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|href=", answer.text)


def test_json_twin_has_the_list(
    client: AudienceClient, folder: CurrentResults, ids: Mapping[str, str]
) -> None:
    """The JSON twin holds the same changes, with words in both languages."""
    changes = client.get(f"/api/e/{ids['yellow']}").json["history"]  # type: ignore[index]
    assert [c.day.isoformat() for c in folder.history(ids["yellow"]).changes][::-1] == [
        c["day"] for c in changes
    ]
    assert all(e["did"]["zh"] and e["did"]["en"] for c in changes for e in c["events"])


def test_public_gets_neither(public: AudienceClient, ids: Mapping[str, str]) -> None:
    """The public has no chart, no list and no address of the chart."""
    assert 404 == public.get(f"/e/{ids['red']}/history.svg").status_code
    assert "history" not in public.get(f"/e/{ids['red']}").text
    assert public.get(f"/api/e/{ids['red']}").json["history"] is None  # type: ignore[index]


@pytest.mark.parametrize(
    ("granted", "shown"),
    [
        (Audience(colour=True, points=True), False),
        (Audience(colour=True, reasons=True), False),
        (Audience(points=True, reasons=True), False),
        (Audience(colour=True, points=True, reasons=True), True),
    ],
)
def test_all_three_grants_are_needed(
    folder: CurrentResults, ids: Mapping[str, str], granted: Audience, shown: bool
) -> None:
    """Only colour, points and reasons together open the history, which tells all three; without records none is named in it."""
    found = folder.history(ids["red"])
    view = enterprise_view(folder.explain(ids["red"]), folder.version, granted, found)
    assert shown == (view["history"] is not None)
    records = {str(e.record["record_id"]) for c in found.changes for e in c.events if e.record}
    assert records
    assert [] == [record for record in records if record in str(view["history"])]


def test_unknown_enterprise_has_no_chart(client: AudienceClient) -> None:
    """An unknown id is refused like its page."""
    assert client.get("/e/unknown").status_code == client.get("/e/unknown/history.svg").status_code == 404


def test_chart_does_not_shadow_a_page(
    client: AudienceClient, served_store: str, ids: Mapping[str, str]
) -> None:
    """The page of an enterprise is still the page."""
    assert "text/html" == client.get(f"/e/{ids['blue']}").mimetype
