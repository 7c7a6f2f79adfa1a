"""Pages and their JSON twins: what they show, what they refuse, and that they never hide the demonstration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from readers import AudienceClient, keep_nothing, noon_of

from scoring.administration.results.current import CurrentResults
from scoring.administration.results.search import EnterpriseSearch
from scoring.entities import Explanation
from scoring.errors import StaleResultError
from scoring.policy.read.instruments import instruments

PATHS = ("/", "/?q=虚构", "/?colour=red", "/about", "/e/unknown", "/nowhere", "/api/search?q=a")
DEMONSTRATION = {
    "zh": ("演示规则，非任何机关的评价。", "虚构数据，不涉及任何真实企业。"),
    "en": (
        "Demonstration rules, not an evaluation by any authority.",
        "Fictitious data, about no real enterprise.",
    ),
}
WORDS = {"blue": "蓝码", "green": "绿码", "yellow": "黄码", "red": "红码", "none": "未评价"}


def number(text: str) -> int:
    """A printed number as an integer."""
    return int(text.replace("−", "-").replace(",", "").replace("+", ""))


def status_of(client: Any, path: str) -> int:
    """Status of an answer, whose file is closed."""
    with client.get(path) as answer:
        return answer.status_code


@pytest.mark.parametrize("colour", WORDS)
def test_page_says_the_colour_as_word_shape_and_rank(
    client: AudienceClient, ids: Mapping[str, str], colour: str
) -> None:
    """The first thing on a page is the word, a shape with the rank inside, and the rank in words."""
    html = client.get(f"/e/{ids[colour]}?lang=zh").text
    face = html[html.index('class="face') : html.index('class="who"')]
    rank = {
        "blue": "第1级 / 共4级",
        "green": "第2级 / 共4级",
        "yellow": "第3级 / 共4级",
        "red": "第4级 / 共4级",
        "none": ">?<",
    }[colour]
    assert [True] * 3 == [f'<p class="word">{WORDS[colour]}</p>' in face, "<svg" in face, rank in face]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", [path for path in PATHS if not path.startswith("/api")])
def test_every_page_says_demonstration(desk: AudienceClient, path: str, lang: str) -> None:
    """Rules not in force and made-up data are named at the top of every page, of refusals too."""
    html = desk.get(path + ("&" if "?" in path else "?") + f"lang={lang}").text
    sentences = "".join(f"<span>{sentence}</span> " for sentence in DEMONSTRATION[lang])
    assert f'<p class="demonstration" role="note">{sentences}</p>' in html


@pytest.mark.parametrize("colour", ["blue", "green", "yellow", "red"])
def test_base_and_items_add_up_to_the_total(
    client: AudienceClient, folder: CurrentResults, colour: str
) -> None:
    """The printed base and items add up to the printed total, which is the score."""
    for score in folder.find(EnterpriseSearch(colour=colour), limit=5)[1]:
        points = client.get(f"/api/e/{score.enterprise_id}").json["points"]  # type: ignore[index]
        assert (
            score.points
            == number(points["total"])
            == number(points["base"]) + sum(number(s["points"]) for s in points["steps"])
        )


@pytest.mark.parametrize("colour", WORDS)
def test_first_screen_has_at_most_eight_lines(
    client: AudienceClient, folder: CurrentResults, colour: str
) -> None:
    """Why, what it means, what to do, when it changes and whom to ask are told in few lines, and none is left unanswered."""
    for score in folder.find(EnterpriseSearch(colour=colour), limit=4)[1]:
        html = client.get(f"/e/{score.enterprise_id}").text
        if score.status_reason == "outside_scheme":
            assert '<dl class="brief">' not in html
            continue
        brief = html[html.index('<dl class="brief">') : html.index("</dl>")]
        assert (5, True) == (brief.count("<dt>"), 5 <= brief.count("<dd>") <= 13)


def test_reasons_carry_records_and_articles(client: AudienceClient, ids: Mapping[str, str]) -> None:
    """Each reason shows its records with authority and date, and the article it rests on."""
    reason = client.get(f"/api/e/{ids['red']}").json["reasons"][0]  # type: ignore[index]
    record = reason["records"][0]
    assert [True] * 3 == [
        bool(record["authority"]),
        bool(record["date"]),
        bool(reason["legal"][0]["article"]),
    ]


def test_citations_that_are_no_law_are_marked(client: AudienceClient) -> None:
    """The rules page marks what is not law; that a citation was recalled is told to its authors, not to the public."""
    html = client.get("/about?lang=en").text
    assert '<span class="tag">not law</span>' in html
    assert [] == [word for word in ("memory", "recalled", "not confirmed") if word in html]


@pytest.mark.parametrize(
    ("lang", "unknown", "roles"),
    [
        ("zh", "条文待核对", ("事实依据", "使用依据")),
        ("en", "article to be checked", ("ground of the fact", "ground of the use")),
    ],
)
def test_citations_say_their_role_or_that_they_are_to_be_checked(
    client: AudienceClient, lang: str, unknown: str, roles: tuple[str, str]
) -> None:
    """A citation stands with what it is the ground of; where no article is known the page says so."""
    html = client.get(f"/about?lang={lang}").text
    assert [True] * 3 == [word in html for word in (unknown, *roles)]
    twin = client.get("/api/about").json["legal"]  # type: ignore[index]
    assert {"fact", "use"} == {citation["role"] for citation in twin}
    assert {None} == {c["article"] for c in twin if c["article_label"]["en"] == "article to be checked"}


@pytest.mark.parametrize("page", ["/about", "/e/{0}"])
def test_points_are_said_to_be_the_policy_s_own(
    client: AudienceClient, ids: Mapping[str, str], page: str
) -> None:
    """Beside every table of points stands that no law set them, in both languages."""
    address = page.format(ids["yellow"])
    assert "分值为本规则自定，非法律规定" in client.get(f"{address}?lang=zh").text
    assert "Points are this rule&#39;s own choice" in client.get(f"{address}?lang=en").text


@pytest.mark.parametrize(("days", "stale"), [(90, False), (91, True)])
def test_stale_law_is_told_on_the_page(served_store: str, days: int, stale: bool) -> None:
    """From the 91st day without a look every page of the policy says so in one sentence, and its twin too."""
    looked = max(instrument.checked_on for instrument in instruments().values())
    first = min(instrument.checked_on for instrument in instruments().values())
    day = first + timedelta(days=days)
    assert looked - first < timedelta(days=90)
    client = AudienceClient(served_store, "enterprise", noon_of(day))
    assert stale is ("以现行原文为准" in client.get("/").text)
    assert stale is (client.get("/api/about").json["policy"]["law"] is not None)  # type: ignore[index]


def test_page_and_twin_agree(client: AudienceClient, ids: Mapping[str, str]) -> None:
    """Every label of a reason in the JSON stands in the page."""
    twin, html = client.get(f"/api/e/{ids['yellow']}").json, client.get(f"/e/{ids['yellow']}?lang=en").text
    assert [] == [r["label"]["en"] for r in twin["reasons"] if r["label"]["en"] not in html]  # type: ignore[index]


def test_code_image_is_a_png(client: AudienceClient, ids: Mapping[str, str]) -> None:
    """The code image of an enterprise is a PNG."""
    answer = client.get(f"/e/{ids['green']}/code.png")
    assert ("image/png", b"\x89PNG") == (answer.mimetype, answer.data[:4])


def test_unknown_and_wrong_addresses_answer_alike(client: AudienceClient) -> None:
    """Unknown enterprises give one shape of answer, whatever was asked: 404, and both languages."""
    pages = [
        client.get(path)
        for path in ("/e/unknown", "/e/91330802YY0000000X", "/e/unknown/code.png", "/e/%00", "/e/a/b")
    ]
    twins = [client.get(path) for path in ("/api/e/unknown", "/api/e/91330802YY0000000X")]
    expected = {
        "error": "unknown_enterprise",
        "zh": "没有找到这家企业。请核对 18 位代码。",
        "en": "No such enterprise. Check the 18-character code.",
    }
    assert ([404] * 7, 1, [expected] * 2) == (
        [a.status_code for a in pages + twins],
        len({a.text for a in pages}),
        [a.json for a in twins],
    )


def test_refusals_hold_no_path(
    client: AudienceClient, ids: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stale result is told in both languages without the folder's place on the machine."""
    error = StaleResultError("result_stale", enterprise_id="91330802", place="/secret/place")

    def stale(self: CurrentResults, enterprise_id: str, **how: bool) -> Explanation:
        raise error

    keep_nothing(monkeypatch)
    monkeypatch.setattr(CurrentResults, "explain", stale)
    page, twin = client.get(f"/e/{ids['red']}"), client.get(f"/api/e/{ids['red']}")
    assert (503, 503, False, False) == (
        page.status_code,
        twin.status_code,
        "secret" in page.text,
        "secret" in twin.text,
    )


def test_names_are_escaped(
    client: AudienceClient, folder: CurrentResults, ids: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name or document number that is markup is shown as text."""
    real, attack = folder.explain(ids["red"]), "<script>alert(1)</script>"
    record = replace(real.reasons[0].evidence[0], document_no=attack, authority=attack)
    reason = replace(real.reasons[0], label={"zh": attack, "en": attack}, evidence=(record,))
    bad = replace(real, score=replace(real.score, name=attack), reasons=(reason,))
    keep_nothing(monkeypatch)
    monkeypatch.setattr(CurrentResults, "explain", lambda self, enterprise_id, **how: bad)
    html = client.get(f"/e/{ids['red']}").text
    assert (False, True) == ("<script" in html, "&lt;script&gt;" in html)


def test_search_finds_by_name_id_and_colour(
    desk: AudienceClient, folder: CurrentResults, ids: Mapping[str, str]
) -> None:
    """The search finds an enterprise by its code and by its name, and lists a colour with its true count."""
    name = folder.score(ids["red"]).name
    queries = ({"q": ids["red"].lower()}, {"q": name}, {"colour": "red"})
    by_id, by_name, reds = (desk.get("/api/search", query_string=query).json for query in queries)
    expected = (1, True, folder.counts["colours"]["red"])
    assert expected == (by_id["total"], ids["red"] in [i["id"] for i in by_name["items"]], reds["total"])  # type: ignore[index]


ODD = (
    "offset=-5",
    "offset=x",
    "offset=99999999999999999999",
    "colour=%27;drop",
    "q=%27%25_%00",
    "q=" + "x" * 5000,
    "lang=fr",
)


@pytest.mark.parametrize("query", ODD)
def test_odd_queries_are_answered(desk: AudienceClient, query: str) -> None:
    """Queries that no form sends get an ordinary answer."""
    assert 200 == desk.get(f"/?{query}&q=a").status_code


def test_distribution_counts_everyone(desk: AudienceClient, folder: CurrentResults) -> None:
    """The distribution's counts add up to all enterprises, not rated ones included."""
    spread = desk.get("/api/search").json["distribution"]  # type: ignore[index]
    assert (
        folder.counts["enterprises"]
        == sum(b["count"] for b in spread["bands"]) + spread["not_rated"]["count"]
    )


def test_links_lead_somewhere(desk: AudienceClient, ids: Mapping[str, str]) -> None:
    """Every link and image of a page answers, and every place linked inside a page exists."""
    for page in ("/", "/?q=虚构&lang=en", "/about?lang=en", f"/e/{ids['red']}?lang=en"):
        html = desk.get(page).text
        here = page.split("?")[0] if page.startswith("/about") else "/desk" + page.split("?")[0]
        targets = {t.replace("&amp;", "&") for t in re.findall(r'(?:href|src)="([^"]+)"', html)}
        inside = [t for t in targets if t.startswith("#") and f'id="{t[1:]}"' not in html]
        dead = [
            t
            for t in targets
            if t[0] in "/?" and status_of(desk.http, here + t if t[0] == "?" else t) not in (200, 403)
        ]
        assert ([], []) == (inside, dead)


def test_health(client: AudienceClient, folder: CurrentResults) -> None:
    """The process says that it is there, and the store the day and the policy at which it stands."""
    assert {"status": "ok"} == client.get("/healthz").json
    stands = {"status": "ok", "as_of": "2026-09-30", "policy": folder.version.rules_sha256}
    assert stands == client.get("/readyz").json


def test_a_scheme_of_grades_shows_its_own_word(
    client: AudienceClient, folder: CurrentResults, ids: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A band without a colour is shown by its label, shape and rank, and not as if it were not rated."""
    real = folder.explain(ids["green"])
    assert real.band is not None
    keep_nothing(monkeypatch)
    monkeypatch.setattr(
        CurrentResults,
        "explain",
        lambda self, enterprise_id, **how: replace(real, band=replace(real.band, colour=None)),
    )
    html = client.get(f"/e/{ids['green']}?lang=en").text
    assert (True, True) == (
        '<div class="face mark-graded">' in html,
        '<p class="word">Ordinary checks</p>' in html,
    )
