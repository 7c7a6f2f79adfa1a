"""The page of figures: what of others never appears, no league of anybody, and charts that read without hues."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from casework import CLERK
from figure_stores import AREAS, LAST, VERSION, FigureStore, departments, enterprise_of, take_rows, visit
from flask.testing import FlaskClient
from readers import allow, noon_of, token_of

from scoring.administration.figures.figure_chart import ChartRow, FigureChart, bars_svg, columns_svg
from scoring.administration.figures.figure_charts import charts_of
from scoring.administration.figures.filters import FigureFilters
from scoring.administration.figures.hatching import band_series, plain_series
from scoring.administration.figures.whole_figures import figures_of
from scoring.entities import Lang
from scoring.rules.wording import LANGUAGES, both
from scoring.store.people.grants import Grant
from web import create_app
from web.reading import COOKIE

HERE, THERE = "330802", "330881"
CLOCK = noon_of(LAST.replace(day=30))


def client_of(store: str, account: str, *grants: Grant) -> FlaskClient:
    """A browser of an account with grants."""
    allow(store, account, *grants)
    client = create_app(store, clock=CLOCK).test_client()
    client.set_cookie(COOKIE, token_of(store, account, CLOCK))
    return client


@pytest.fixture(scope="module")
def chief(shown: FigureStore) -> FlaskClient:
    """A supervisor of everything."""
    return client_of(shown.database.place, "chief", Grant("", "supervisor", "t"))


def twin(client: FlaskClient, query: str = "") -> dict[str, Any]:
    """The figures as JSON."""
    answer = client.get(f"/desk/api/figures{query}")
    assert 200 == answer.status_code
    return dict(answer.json)


@pytest.mark.parametrize(
    ("grant", "elsewhere"),
    [
        (Grant("", "supervisor", "t", frozenset({HERE})), "there"),
        (Grant("", "supervisor", "t", None, departments("ecology")), "market"),
    ],
    ids=["area", "department"],
)
def test_what_others_do_changes_nothing(lived: FigureStore, grant: Grant, elsewhere: str) -> None:
    """New visits, penalties and objections of another area or department leave one's figures as they were."""
    client = client_of(lived.database.place, "one", grant)
    before = [twin(client, query) for query in ("", f"?area={THERE}", "?field=food")]
    number = next(n for n in range(12) if AREAS[n % 4].startswith(THERE))
    more = [visit(f"more-{n}", enterprise_of(number), elsewhere, f"2026-09-0{n}") for n in range(1, 7)]
    take_rows(lived, "more", more)
    allow(lived.database.place, CLERK, Grant("", "inspector", "t"))
    lived.object_to_record("more-1", enterprise_of(number))
    lived.score()
    after = [twin(client, query) for query in ("", f"?area={THERE}", "?field=food")]
    assert before == after
    everybody = client_of(lived.database.place, "all", Grant("", "supervisor", "t"))
    assert before[0] != twin(everybody)


def test_another_area_is_never_named(shown: FigureStore) -> None:
    """Neither its code nor its authorities nor its enterprises stand on the page, whatever is asked for."""
    client = client_of(shown.database.place, "there", Grant("", "supervisor", "t", frozenset({THERE})))
    for query in ("", f"?area={HERE}", "?area=330800", "?field=food", "?moved=1", "?from=2020-01&to=2026-12"):
        html, told = client.get(f"/desk/figures{query}").text, twin(client, query)
        assert told["colours"]["whole"] or query in (f"?area={HERE}", "?from=2020-01&to=2026-12")
        for text in (re.sub(r"(?s)<form.*?</form>", "", html), json.dumps(told, ensure_ascii=False)):
            # Authorities of elsewhere may have been here; areas and enterprises of elsewhere have not.
            assert not re.search(r"330802-T|330899|柯城区(?!虚构)", text)
            mine = {n for n in range(12) if AREAS[n % 4].startswith(THERE)}
            assert set() == {n for n in range(12) if enterprise_of(n) in text} - mine


def test_figures_are_the_supervisors_and_the_auditors(shown: FigureStore) -> None:
    """An inspector, a clerk and a firm are refused; an auditor reads and makes no statement."""
    for role in ("inspector", "window_clerk", "legal_reviewer", "analyst", "admin"):
        client = client_of(shown.database.place, f"the-{role}", Grant("", role, "t"))
        assert {403} == {client.get(f"/desk/{page}").status_code for page in ("figures", "statements")}
    auditor = client_of(shown.database.place, "the-auditor", Grant("", "auditor", "t"))
    assert {200} == {auditor.get(f"/desk/{page}").status_code for page in ("figures", "statements")}
    assert '<form method="post" action="/desk/statements' not in auditor.get("/desk/statements").text


def codes(rows: list[dict[str, Any]]) -> list[str]:
    """The codes of rows in their order."""
    return [str(row["id"]) for row in rows]


def test_nothing_is_ranked(chief: FlaskClient) -> None:
    """Areas, fields and authorities stand by code, no parameter orders them otherwise, and no officer is named."""
    plainly = twin(chief)
    for query in ("?order=worst", "?sort=red", "?moved=-1", "?order=best&from=2026-01"):
        told = twin(chief, query)
        for rows in (
            told["colours"]["by_area"],
            told["colours"]["by_field"],
            told["visits"]["by_office"],
            told["objections"]["by_office"],
        ):
            assert codes(rows) == sorted(codes(rows))
        assert told["colours"]["by_area"] and "rank" not in json.dumps(told["colours"])
    assert codes(plainly["visits"]["by_office"])[-1].startswith("=")
    html = chief.get("/desk/figures").text.replace("chief", "")
    for account in ("tester", "anna", "bert", "cleo"):
        assert account not in html and account not in json.dumps(plainly)


def test_every_number_of_the_twin_stands_on_the_page(chief: FlaskClient) -> None:
    """Tables say what the twin says, in both languages."""
    told = twin(chief)
    for lang in LANGUAGES:
        html = chief.get(f"/desk/figures?lang={lang}").text
        for row in told["visits"]["by_office"]:
            assert str(row["visits"]) in html
        assert html.count("<svg") == html.count("</svg>") and html.count('class="figure"') >= 7
        for place in ("colours", "movers", "visits", "clocks", "objections"):
            assert f'id="{place}"' in html
        assert 'href="/desk/e/town%3A000/cases/2' in html or 'href="/desk/e/town:000/cases/2' in html


def test_the_page_obeys_its_policy_of_content(chief: FlaskClient) -> None:
    """No style and no script stands in the page, no id stands twice, and every fill is defined."""
    html = chief.get("/desk/figures").text
    assert " style=" not in html and "<script" not in html and "<style" not in html
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"url\(#([^)]+)\)", html)) <= set(ids)
    assert set(re.findall(r'aria-labelledby="(\S+) (\S+)"', html)[0]) <= set(ids)


def charts(shown: FigureStore) -> Iterator[FigureChart]:
    """All charts of the store."""
    filters = FigureFilters([Grant("", "supervisor", "")], "2025-11", "2026-10", LAST.replace(day=30))
    with shown.database.read() as connection:
        figures = figures_of(connection, VERSION, filters)
    yield from filter(None, charts_of(figures, VERSION.policy).values())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_charts_read_without_hues(shown: FigureStore, lang: Lang) -> None:
    """Within a chart no two series have the same hatching, and each has its word and each row its number."""
    drawn = list(charts(shown))
    assert len(drawn) == 7
    for chart in drawn:
        looks = [(series.kind, series.ink == "#1b1f24") for series in chart.series]
        assert len(looks) == len(set(looks))
        svg = (columns_svg if chart.is_of_time else bars_svg)(chart, lang)
        for series in chart.series:
            assert f">{series.word[lang]}</text>" in svg
        if not chart.is_of_time:
            for row in chart.rows:
                assert f">{sum(row.values):,}</text>" in svg
        sizes = [float(size) for size in re.findall(r'font-size="([\d.]+)"', svg)]
        # On a telephone of 360 points a chart is about as wide as it is drawn.
        assert min(sizes) >= 8 and 'width="340"' in svg


def test_bands_without_colours_are_told_apart() -> None:
    """Bands of a scheme without colours have a hatching each."""
    policy = VERSION.policy.model_copy(
        update={"bands": tuple(band.model_copy(update={"colour": None}) for band in VERSION.policy.bands)}
    )
    kinds = [series.kind for series in band_series(policy).values()]
    assert len(kinds) == len(set(kinds))


def test_a_long_chart_comes_in_parts_of_one_scale() -> None:
    """Many rows are several charts: together all rows in their order, each bar as long as it would be in one."""
    rows = [ChartRow(both("fi_rose", n=number), [number]) for number in range(1, 60)]
    chart = FigureChart("x-", both("fi_movers"), plain_series(both("fi_cases")), rows)
    parts = chart.in_parts()
    assert [row for part in parts for row in part.rows] == rows
    assert {59} == {part.most for part in parts} and len({part.key for part in parts}) == len(parts)


def test_what_a_chart_is_given_is_text() -> None:
    """A name that looks like markup is drawn as text."""
    hostile = dict.fromkeys(LANGUAGES, '<script>alert("x")</script>&')
    chart = FigureChart("x-", hostile, plain_series(hostile), [ChartRow(hostile, [3])])
    for svg in (bars_svg(chart, "zh"), columns_svg(chart, "en")):
        assert "<script" not in svg and "&lt;script" in svg
