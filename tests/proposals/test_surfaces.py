"""Page, twin, explanation, list and notice say of a proposal: the record, points then and now, the last day, to whom."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from readers import AudienceClient
from rich.console import Console
from town import AUTHORITY, LAST_DAY, VERSION, Town, who
from town_cases import CASES

from scoring.administration.results.notice_file import write_notices
from scoring.administration.results.reader import ResultsReader
from scoring.cli import show
from scoring.entities import Lang
from scoring.explain.present import as_dict
from scoring.explain.words.figures import prose_day
from scoring.explain.words.grades import band_of, grade_name

LANGUAGES: tuple[Lang, Lang] = ("zh", "en")


def shown(renderable: Any) -> str:
    """What a terminal of much room shows."""
    console = Console(width=400, file=io.StringIO(), record=True)
    console.print(renderable)
    return console.export_text()


def expected(name: str, lang: Lang) -> list[str]:
    """What every surface says of a proposal."""
    case = CASES[name]
    band = band_of(case.bands[1], VERSION.policy)
    assert band is not None
    words = [grade_name(band)[lang], AUTHORITY, str(case.points[1])]
    words += [] if case.points[0] is None else [str(case.points[0])]
    for cause in case.causes:
        words += [number for number in cause.numbers if number]
        words += [prose_day(cause.on)[lang]] if cause.on else []
    return words


def client(town: Town, audience: Any = "enterprise") -> AudienceClient:
    """The pages of the town."""
    return AudienceClient(town.database.place, audience)


def notice_on(html: str) -> str:
    """The notice of a page."""
    start = html.index('<div class="notice"')
    return html[start : html.index('<dl class="brief">')]


def plain(html: str) -> str:
    """The text of a page."""
    parts = [part.partition(">")[2] for part in html.split("<")]
    return "".join(parts)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", CASES)
def test_the_page(served: Town, name: str, lang: Lang) -> None:
    """The bordered notice stands before the questions and says all, in both languages."""
    notice = plain(notice_on(client(served).get(f"/e/{who(name)}?lang={lang}").text))
    missing = [words for words in expected(name, lang) if words not in notice]
    assert [] == missing, notice
    assert prose_day(date(2026, 10, 15) if name == "urgent" else LAST_DAY)[lang] in notice


@pytest.mark.parametrize("name", CASES)
def test_the_twin(unserved: Town, name: str) -> None:
    """The JSON twin has days as ISO text, points as numbers, and the same records as the object."""
    view = client(unserved).get(f"/api/e/{who(name)}").json
    proposal, case = view["proposal"], CASES[name]  # type: ignore[index]
    assert case.bands == (proposal["before"], proposal["proposed"])
    assert case.points == (proposal["points"]["before"], proposal["points"]["now"])
    numbers = [tuple(record["document_no"] for record in cause["records"]) for cause in proposal["causes"]]
    points = [(cause["points"]["before"], cause["points"]["now"]) for cause in proposal["causes"]]
    assert [(cause.numbers, cause.points) for cause in case.causes] == list(zip(numbers, points, strict=True))
    assert "unserved" == proposal["answer"]["state"]


@pytest.mark.parametrize("name", CASES)
def test_first_screen_is_of_the_proposed_result(unserved: Town, name: str) -> None:
    """Why, what to do and until when are of the proposed result, and no plan from the one in effect contradicts them."""
    view = client(unserved).get(f"/api/e/{who(name)}").json
    summary, proposal = view["summary"], view["proposal"]  # type: ignore[index]
    assert all(1 <= len(summary[question]) <= 2 for question in ("why", "means", "do", "until"))
    assert "没有加分或减分的记录，按基础分评价" not in [line["zh"] for line in summary["why"]]
    assert proposal["until"] == summary["until"][0]
    assert proposal["answer"]["text"] == summary["do"][0]
    before = [step["before"] for step in proposal["sum"]["steps"]]
    total = proposal["sum"]["total"]
    assert (str(CASES[name].points[1]), len(proposal["sum"]["steps"])) == (total, len(before))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", CASES)
def test_explain(served: Town, name: str, lang: Lang) -> None:
    """The explanation begins with the grade in effect and the notice; what follows is of the proposed result."""
    reader = ResultsReader(served.database.place)
    explained = reader.current().explain(who(name))
    reader.database.close()
    text = shown(show.explanation(explained, VERSION, lang, officer=False))
    assert [] == [words for words in expected(name, lang) if words not in text]
    described = as_dict(explained, VERSION)
    assert CASES[name].bands[1] == described["proposed"]["score"]["band"] == described["proposal"]["proposed"]
    assert json.dumps(described) and "confirmed_by" not in json.dumps(described)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_review_list(served: Town, lang: Lang) -> None:
    """The list has every proposal with its cause, points and last day."""
    waiting = list(served.all_pending().values())
    text = shown(show.proposals(waiting, len(waiting), lang))
    for name in CASES:
        missing = [words for words in expected(name, lang) if words not in text]
        assert [] == missing, text
    assert str(LAST_DAY) in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_notice(unserved: Town, tmp_path: Path, lang: Lang) -> None:
    """Each notice says who, from what to what, why, the points, for how long and to whom it can be answered."""
    file = tmp_path / "notices.csv"
    assert len(CASES) == write_notices(unserved.database, VERSION, unserved.day, file, lang)
    with file.open(encoding="utf-8-sig", newline="") as stream:
        notices = {row["enterprise_id"]: row for row in csv.DictReader(stream)}
    for name, case in CASES.items():
        row = notices[who(name)]
        missing = [words for words in (*expected(name, lang), who(name)) if words not in row["text"]]
        assert [] == missing, row["text"]
        assert (str(case.points[0] or ""), str(case.points[1])) == (row["points_before"], row["points"])
        assert ("。。" in row["text"], ". ." in row["text"]) == (False, False)


def test_what_was_served_is_exported_no_more(town: Town, tmp_path: Path) -> None:
    """A served notice is not written again."""
    town.serve(who("first"))
    written = write_notices(town.database, VERSION, town.day, tmp_path / "n.csv", "zh")
    assert len(CASES) - 1 == written


def test_without_a_proposal_nothing_changes(unserved: Town) -> None:
    """Who has no proposal has no notice and no mark of one."""
    view, html = (
        client(unserved).get(f"/api/e/{who('quiet')}").json,
        client(unserved).get(f"/e/{who('quiet')}").text,
    )
    assert (None, None, False) == (view["proposal"], view["pending"], 'class="notice"' in html)  # type: ignore[index]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", CASES)
def test_the_public_learns_that_it_is_under_review_and_no_more(unserved: Town, name: str, lang: Lang) -> None:
    """The public sees the grade in effect, marked; not the grade proposed, no record, no day but the result's; of a first result nothing."""
    public = client(unserved, "public")
    view, html = public.get(f"/api/e/{who(name)}").json, public.get(f"/e/{who(name)}?lang={lang}").text
    assert view is not None and view["proposal"] is None
    assert (name != "first") == (view["pending"] is not None)
    of_result = prose_day(unserved.day)[lang]
    secret = [words for words in expected(name, lang)[1:] if not words.isdigit() and words != of_result]
    assert [] == [words for words in secret if words in html or words in json.dumps(view, ensure_ascii=False)]
    assert "拟降" not in html and "may be moved" not in html


@pytest.mark.parametrize("name", CASES)
def test_without_records_no_record_is_named(unserved: Town, name: str) -> None:
    """Who may see reasons and no records reads what happened and its points, and no number, authority or id."""
    inspector = client(unserved, "inspector")
    answers = inspector.get(f"/api/e/{who(name)}").text, inspector.get(f"/e/{who(name)}?lang=zh").text
    numbers = [number for cause in CASES[name].causes for number in cause.numbers if number]
    secret = [AUTHORITY, "hand:", "source:", *numbers]
    assert [] == [words for words in secret if any(words in answer for answer in answers)]
    assert "一条记录" in answers[1]
