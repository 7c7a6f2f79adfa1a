"""Statements of a month: frozen when they are made, marked where they are revised, one page, a safe file."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from typing import Any

import pytest
from casework import CLERK, OWN
from figure_stores import LAST, VERSION, FigureStore, decision, enterprise_of, take_rows, visit
from flask.testing import FlaskClient
from readers import allow, noon_of, token_of

from scoring.administration.casework.papers import pdf_of, png_of
from scoring.administration.figures.month_figures import (
    COLUMNS,
    WHOLE,
    ChangedNumber,
    MonthFigures,
    StatementScope,
    changes_between,
)
from scoring.administration.figures.statement_paper import StatementText, statement_csv, statement_paper
from scoring.administration.figures.statements import (
    MadeStatement,
    make_statement,
    may_read,
    scope_of,
    statement_of,
)
from scoring.disk import FORMULA
from scoring.entities import Lang
from scoring.errors import SiseError
from scoring.rules.wording import LANGUAGES
from scoring.store.audit.verify import verify
from scoring.store.people.grants import Grant
from scoring.store.tables.orm_figures import Statement
from web import create_app
from web.reading import COOKIE

A4 = b"/MediaBox[00595.2756841.8898]"
MONTH = StatementScope("2026-06", "330802", None)
ACTOR = "tester"


def make(harness: FigureStore, scope: StatementScope = MONTH, actor: str = ACTOR) -> MadeStatement:
    """Makes a statement."""
    return make_statement(harness.database, VERSION, scope, actor, harness.clock)


def pages(pdf: bytes) -> list[bytes]:
    """The page objects of a PDF: typst writes them uncompressed."""
    parts = (part.replace(b" ", b"") for part in pdf.split(b"endobj"))
    return [part for part in parts if b"/Type/Page" in part and b"/Type/Pages" not in part]


def cells(text: bytes) -> list[list[str]]:
    """A CSV file as Excel reads it."""
    return list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))


def test_it_says_what_was(lived: FigureStore) -> None:
    """The numbers of June in the district, counted by hand from the rows of the store."""
    made = make(lived)
    assert (made.is_new, made.statement.number, made.statement.revises) == (True, 1, None)
    rows = made.statement.figures.rows
    zero = dict.fromkeys(COLUMNS, 0)
    market = {"1": 1, "visits": 1, "followup": 1}
    assert {column: n for column, n in rows["330802-market"].items() if n} == market
    assert rows["=某不在册机关"] == {**zero, "1": 1, "visits": 1}
    assert {k: v for k, v in rows[WHOLE].items() if v} == {"1": 2, "visits": 2, "followup": 1}
    assert list(rows)[-1] == WHOLE and list(rows)[:-1] == sorted(list(rows)[:-1])


def test_of_october_it_has_restorations_and_objections(lived: FigureStore) -> None:
    """What was restored and upheld in a month stands with the authority of the record."""
    lived.go_to(date(2026, 11, 3))
    district = make(lived, StatementScope("2026-10", "330802", None)).statement.figures.rows
    assert (1, 0) == (district["330802-market"]["upheld"], district[WHOLE]["restored"])
    city = make(lived, StatementScope("2026-10", "330800", None)).statement.figures.rows
    assert (1, 1) == (city[WHOLE]["upheld"], city["330881-market"]["restored"])


def test_it_is_frozen(lived: FigureStore) -> None:
    """Asked for again it is the same statement and the same bytes, whatever else has happened."""
    first = make(lived).statement
    bytes_of = [(first.pdf(lang), first.csv(lang)) for lang in LANGUAGES]
    lived.go_to(date(2026, 10, 20))
    take_rows(lived, "later", [visit("july", enterprise_of(0), "market", "2026-07-05")])
    again = make(lived)
    assert (again.is_new, again.statement.number, again.changes) == (False, 1, 0)
    assert bytes_of == [(again.statement.pdf(lang), again.statement.csv(lang)) for lang in LANGUAGES]
    assert 1 == lived.count("statement")


def late_fact(harness: FigureStore) -> None:
    """A visit of June that becomes known in October."""
    harness.go_to(date(2026, 10, 20))
    take_rows(
        harness, "late", [visit("late", enterprise_of(0), "market", "2026-06-11", known_on="2026-10-19")]
    )


def test_what_arrives_later_is_a_marked_revision(lived: FigureStore) -> None:
    """The first statement stays; the second is numbered, says which one it revises, and marks each number."""
    first = make(lived).statement
    kept = [(first.pdf(lang), first.csv(lang)) for lang in LANGUAGES]
    late_fact(lived)
    second = make(lived)
    assert (second.is_new, second.statement.number, second.statement.revises) == (True, 2, 1)
    changes = changes_between(first.figures, second.statement.figures)
    expected = {("330802-market", "1", 1, 2), ("330802-market", "visits", 1, 2), (WHOLE, "visits", 2, 3)}
    assert expected <= set(map(tuple, changes)) and len(changes) == second.changes
    with lived.database.read() as connection:
        old = statement_of(connection, 1)
        row = connection.execute(Statement.__table__.select().where(Statement.number == 2)).one()
        assert verify(connection).findings == []
    assert kept == [(old.pdf(lang), old.csv(lang)) for lang in LANGUAGES]
    for lang in LANGUAGES:
        paper = json.loads(row.papers)[lang]
        assert sum(map(sum, paper["tables"][0]["marked"])) == second.changes
        marked = [cell for line in paper["tables"][0]["rows"] for cell in line if "▲" in cell]
        assert len(marked) == second.changes and "▲2 (1)" in marked
        assert len(paper["lead"]) == 2
        assert any("visits" in line[-1] or "→" in line[-1] for line in cells(second.statement.csv(lang))[1:])


def test_a_correction_that_takes_away_is_a_revision_too(lived: FigureStore) -> None:
    """A visit that was withdrawn leaves a row of noughts, which says what stood there."""
    make(lived)
    lived.go_to(date(2026, 10, 20))
    gone = visit("u", enterprise_of(0), "unknown", "2026-06-02", field="", withdrawn_on="2026-10-18")
    take_rows(lived, "gone", [{**gone, "known_on": "2026-10-18"}])
    second = make(lived)
    assert second.is_new and "=某不在册机关" not in second.statement.figures.rows
    lines = {line[4]: line for line in cells(second.statement.csv("zh"))[1:]}
    assert lines["'=某不在册机关"][5:-1] == ["0"] * len(COLUMNS) and "1 → 0" in lines["'=某不在册机关"][-1]


def test_the_file_runs_nothing(lived: FigureStore) -> None:
    """No cell begins as a formula does, in half or full width; each row says of which statement it is."""
    made = make(lived).statement
    for lang in LANGUAGES:
        content = made.csv(lang)
        assert content.startswith(b"\xef\xbb\xbf")
        lines = cells(content)
        assert [] == [cell for line in lines for cell in line if cell.startswith(FORMULA)]
        assert {"1"} == {line[0] for line in lines[1:]} and {"2026-06"} == {line[1] for line in lines[1:]}
        assert len({len(line) for line in lines}) == 1


@pytest.mark.parametrize("sign", [*"=+-@＝＋－＠", "\t=", "\r="])
def test_whatever_a_name_begins_with(sign: str) -> None:
    """An authority whose name begins as a formula is written as text."""
    figures = MonthFigures({f"{sign}1+1": dict.fromkeys(COLUMNS, 1), WHOLE: dict.fromkeys(COLUMNS, 1)})
    text = StatementText(1, MONTH, figures, VERSION, LAST, None, [], True)
    for lang in LANGUAGES:
        written = cells(statement_csv(text, lang).encode())
        assert [] == [cell for line in written for cell in line if cell.startswith(FORMULA)]


def many(count: int, revised: bool) -> StatementText:
    """A statement of many authorities with long names and great numbers, all of them changed."""
    offices = {
        f"很长的机关名称第{number}号综合行政执法局": dict.fromkeys(COLUMNS, 12_345) for number in range(count)
    }
    figures = MonthFigures({**offices, WHOLE: dict.fromkeys(COLUMNS, 123_456)})
    changes = [ChangedNumber(office, "visits", 1, 12_345) for office in offices] if revised else []
    return StatementText(7, MONTH, figures, VERSION, LAST, 6 if revised else None, changes, True)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("revised", [False, True])
@pytest.mark.parametrize("count", [0, 1, 26, 90])
def test_it_is_one_page(count: int, revised: bool, lang: Lang) -> None:
    """However many authorities there are, the statement is one A4 page, and its file has them all."""
    text = many(count, revised)
    (page,) = pages(pdf_of(statement_paper(text, lang)))
    assert A4 in page
    assert count + 2 == len(cells(statement_csv(text, lang).encode()))


def test_no_officer_is_named(lived: FigureStore) -> None:
    """Neither page nor file names an account or an inspector."""
    late_fact(lived)
    made = make(lived).statement
    with lived.database.read() as connection:
        row = connection.execute(Statement.__table__.select()).one()
    for text in (row.papers, row.tables, row.figures):
        for account in ("tester", "anna", "bert", "cleo"):
            assert account not in text
    assert made.number == 1


@pytest.mark.parametrize(
    ("scope", "code"),
    [
        (StatementScope("2026-10", "330802", None), "statement_month_open"),
        (StatementScope("2027-01", "330802", None), "statement_month_open"),
        (StatementScope("2026-13", "330802", None), "statement_month"),
        (StatementScope("x", "330802", None), "statement_month"),
        (StatementScope("2026-06", "nowhere", None), "grant_area_unknown"),
        (StatementScope("2026-06", "330802", ("nobody",)), "grant_department_unknown"),
    ],
)
def test_what_cannot_be_stated(lived: FigureStore, scope: StatementScope, code: str) -> None:
    """A month that is not over, and areas and authorities that are none, are refused; nothing is frozen."""
    with pytest.raises(SiseError, match=code):
        make(lived, scope)
    assert 0 == lived.count("statement")


def test_whose_it_is_to_make(lived: FigureStore) -> None:
    """Where there are grants it takes a supervisor of the whole area and of all its departments."""
    place = lived.database.place
    allow(place, "here", Grant("", "supervisor", "t", frozenset({"330802"}), frozenset({OWN})))
    allow(place, "inspector", Grant("", "inspector", "t"))
    allow(place, "auditor", Grant("", "auditor", "t"))
    own = StatementScope("2026-06", "330802", (OWN,))
    for actor, scope in (
        ("here", MONTH),
        ("here", StatementScope("2026-06", "330800", (OWN,))),
        ("here", StatementScope("2026-06", "330802", (OWN, "330802-fire"))),
        ("inspector", own),
        ("auditor", own),
        (CLERK, own),
    ):
        with pytest.raises(SiseError, match="statement_not_granted"):
            make(lived, scope, actor)
    made = make(lived, own, "here")
    assert {OWN, WHOLE} == set(made.statement.figures.rows)
    allow(place, "everybody", Grant("", "supervisor", "t"))
    # Another set of departments is another statement, none that revises.
    assert (True, None) == (
        make(lived, MONTH, "everybody").is_new,
        make(lived, MONTH, "everybody").statement.revises,
    )


def test_who_may_read_which() -> None:
    """A grant reads what lies in its areas and departments, and nothing wider."""
    own = [Grant("", "supervisor", "t", frozenset({"330802"}), frozenset({OWN}))]
    city = [Grant("", "auditor", "t", frozenset({"330800"}))]
    readable = {
        StatementScope("2026-06", "330802", (OWN,)): (True, True),
        StatementScope("2026-06", "330802-T01", (OWN,)): (True, True),
        StatementScope("2026-06", "330802", None): (False, True),
        StatementScope("2026-06", "330800", (OWN,)): (False, True),
        StatementScope("2026-06", "330802", (OWN, "330802-fire")): (False, True),
        StatementScope("2026-06", "330100", None): (False, False),
    }
    assert readable == {scope: (may_read(own, scope), may_read(city, scope)) for scope in readable}
    assert scope_of(city, "2026-06", "330802") is None
    assert scope_of(own, "2026-06", "330802-T01") == ("2026-06", "330802-T01", (OWN,))


def client_of(store: str, account: str, *grants: Grant) -> FlaskClient:
    """A browser of an account with grants."""
    clock = noon_of(LAST)
    allow(store, account, *grants)
    client = create_app(store, clock=clock).test_client()
    client.set_cookie(COOKIE, token_of(store, account, clock))
    return client


def post(client: FlaskClient, **form: str) -> Any:
    """Sends the form of the list."""
    html = client.get("/desk/statements").text
    token = html.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    return client.post("/desk/statements", data={"csrf_token": token, **form})


def test_at_the_desk(lived: FigureStore) -> None:
    """A supervisor makes it, reads it as a page and as a file; another area's is as one that is not there."""
    place = lived.database.place
    mine = client_of(place, "mine", Grant("", "supervisor", "t", frozenset({"330802"})))
    other = client_of(place, "other", Grant("", "supervisor", "t", frozenset({"330881"})))
    assert 303 == post(mine, month="2026-06", area="330802").status_code
    assert 409 == post(other, month="2026-06", area="330802").status_code
    assert 409 == post(mine, month="2026-10", area="330802").status_code
    pdf, file = mine.get("/desk/statements/1.pdf?lang=zh"), mine.get("/desk/statements/1.csv?lang=en")
    assert (b"%PDF", "text/csv; charset=utf-8") == (pdf.data[:4], file.headers["Content-Type"])
    assert pdf.data == mine.get("/desk/statements/1.pdf?lang=zh").data
    nowhere = [other.get(f"/desk/statements/{number}.pdf") for number in (1, 99)]
    assert [404, 404] == [answer.status_code for answer in nowhere]
    assert [[], [1]] == [[s["number"] for s in c.get("/desk/api/statements").json] for c in (other, mine)]
    assert "/desk/statements/1.pdf" in mine.get("/desk/statements").text
    assert "/desk/statements/1.pdf" not in other.get("/desk/statements").text


def test_a_page_can_be_looked_at(lived: FigureStore) -> None:
    """The page renders as a picture too, with the words of both languages."""
    take_rows(lived, "more", [decision("x", enterprise_of(9), "market", "honour")])
    for lang in LANGUAGES:
        assert png_of(statement_paper(many(3, True), lang)).startswith(b"\x89PNG")
