"""The inspector's pages: the form, what a refusal keeps, what followed, and who sees what of it."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date
from typing import Any

import pypdfium2
import pytest
from casework import OWN, firm
from flask.testing import FlaskClient
from readers import allow
from town_pages import Town
from visits import (
    CORRECTED,
    FIRE,
    OFFICERS,
    PROBLEM,
    VisitTown,
    answers,
    items_of,
    make_visit_town,
    picture,
    visit,
)

from scoring.administration.inspection.new_visit import DepartmentPart
from scoring.rules.wording import LANGUAGES, say
from scoring.store.people.grants import Grant
from scoring.store.tables.orm_visits import InspectionVisit

FIRM, FINDING = "penalty-quiet0", "finding-a"
KEPT = re.compile(r'name="k:food_licence" value="([0-9a-f]{64})"')
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
LARGEST_PAGE = 150_000
"""Bytes of a page with all that it loads."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> VisitTown:
    """The town."""
    return make_visit_town(tmp_path_factory.mktemp("pages"), (FINDING,), 6)


@pytest.fixture(scope="module")
def town(made: VisitTown) -> Town:
    """Its pages, for inspectors of all departments, of one and of another, an auditor, and a firm."""
    pages = Town(made)
    allow(pages.store, "insp", Grant("", "inspector", "t"))
    allow(pages.store, "fire", Grant("", "inspector", "t", departments=frozenset({FIRE})))
    allow(pages.store, "audit", Grant("", "auditor", "t"))
    for number in range(6):
        allow(
            pages.store,
            f"own{number}",
            Grant("", "enterprise", "t", enterprise_id=firm(f"penalty-quiet{number}")),
        )
    return pages


def form_of(name: str = FIRM) -> str:
    """Address of the form."""
    return f"/inspect/e/{firm(name)}"


def filled(**changes: Any) -> dict[str, Any]:
    """What an inspector fills in: food, one problem and one that was corrected on the spot."""
    said = {f"a:{item}": "fine" for item in items_of("food")}
    typed = {
        **said,
        "a:food_licence": "problem",
        "s:food_licence": "general",
        "n:food_licence": "许可证过期",
        "a:food_pests": "corrected",
        "s:food_pests": "minor",
        "ground": "检通〔2026〕7号",
        "occasion": "routine",
        "task_no": "任务〔2026〕7号",
        "presence": "open",
        **{f"officer{n}": one.name for n, one in enumerate(OFFICERS, start=1)},
        **{f"certificate{n}": one.certificate for n, one in enumerate(OFFICERS, start=1)},
        "received_by": "店长丙某",
        "receipt": "signed",
    }
    return {**typed, **changes}


def opened(client: FlaskClient, path: str) -> dict[str, str]:
    """The hidden fields of a form."""
    page = client.get(path).text
    token = TOKEN.search(page)
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert token and key
    return {"csrf_token": token[1], "key": key[1], "office": OWN}


def count(made: VisitTown) -> int:
    """How many visits are on file."""
    with made.database.read() as connection:
        return int(
            connection.exec_driver_sql(f"SELECT count(*) FROM {InspectionVisit.__tablename__}").scalar_one()
        )


def test_the_form_answers_nothing_by_itself(town: Town) -> None:
    """No item and no severity is chosen, and of each there is what is on the list, its ground, and nothing of points."""
    client = town.browser("insp")
    page = client.get(f"{form_of()}?office={OWN}&office={FIRE}&lang=en").text
    chosen = re.findall(r'<input type="radio" name="([^"]+)"[^>]* checked', page)
    assert ["presence"] == chosen
    twin = client.get(f"/inspect/api/e/{firm(FIRM)}?office={OWN}&office={FIRE}").json
    items = [item for office in twin["offices"] for group in office["groups"] for item in group["items"]]
    assert {("ground", "id", "key", "text")} == {tuple(sorted(item)) for item in items}
    assert {"enterprise", "day", "standing", "fields", "open", "last", "caps", "offices", "choices"} == set(
        twin
    )
    assert 24 == len(items) == len(re.findall('value="not_checked"', page))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_form_is_light(town: Town, lang: str) -> None:
    """With the style sheet and all items of two authorities it stays below what a slow line takes."""
    client = town.browser("insp")
    page = client.get(f"{form_of(FINDING)}?office={OWN}&office={FIRE}&lang={lang}").data
    loaded = re.findall(rb'(?:href|src)="(/static/[^"]+)"', page)
    size = len(page)
    for path in set(loaded):
        with client.get(path.decode()) as answer:
            size += len(answer.data)
    assert size <= LARGEST_PAGE


def test_a_refusal_keeps_what_was_typed_and_photographed(town: Town, made: VisitTown) -> None:
    """Answers, notes and the photograph are there again; sent once more it is recorded once."""
    client, before = town.browser("insp"), count(made)
    hidden = opened(client, form_of("penalty-quiet1"))
    sent = filled(certificate2="", **hidden)
    refused = client.post(
        form_of("penalty-quiet1"), data={**sent, "p:food_licence": (io.BytesIO(picture()), "IMG_1.jpg")}
    )
    assert 409 == refused.status_code and before == count(made)
    assert 'value="许可证过期"' in refused.text and hidden["key"] in refused.text
    for name in (
        "a:food_licence-problem",
        "s:food_licence-general",
        "a:food_pests-corrected",
        "receipt-signed",
    ):
        assert re.search(rf'id="{name}" checked', refused.text), name
    photo = KEPT.search(refused.text)
    assert photo
    again = {**filled(**hidden), "k:food_licence": photo[1]}
    first, second = (client.post(form_of("penalty-quiet1"), data=again) for _ in range(2))
    assert (303, 303, first.location) == (first.status_code, second.status_code, second.location)
    assert before + 1 == count(made)
    page = client.get(first.location).text
    assert f"/photos/{photo[1]}.jpg" in page
    assert b"\xff\xd8" == client.get(f"{first.location.split('?')[0]}/photos/{photo[1]}.jpg").data[:2]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_followed_is_shown(town: Town, lang: str) -> None:
    """Points before and now, the proposed colour which is not in effect, and what was opened; the twin says the same."""
    name = {"zh": "penalty-quiet2", "en": "penalty-quiet3"}[lang]
    client = town.browser("insp")
    answer = client.post(f"{form_of(name)}?lang={lang}", data=filled(**opened(client, form_of(name))))
    page = client.get(f"{answer.location.split('?')[0]}?lang={lang}").text
    assert say(lang, "in_proposed", word=say(lang, "colour_yellow")) in page
    assert say(lang, "in_points", before=100, now=70) in page
    number = int(answer.location.split("?")[0].rsplit("/", 1)[1])
    twin = client.get(f"/inspect/api/e/{firm(name)}/visits/{number}").json
    assert (100, 70, True, "green", "yellow") == (
        twin["result"]["points_before"],
        twin["result"]["points_now"],
        twin["result"]["proposed"],
        twin["result"]["in_effect"]["colour"],
        twin["result"]["now"]["colour"],
    )
    assert 1 == len(twin["opened"]) and date.fromisoformat(twin["visited_on"])
    own = town.browser(f"own{name[-1]}")
    assert (
        say(lang, "in_points", before=100, now=70)
        in own.get(f"/firm/e/{firm(name)}/visits/{number}?lang={lang}").text
    )


def test_each_department_sees_its_own(town: Town, made: VisitTown) -> None:
    """Of a visit of two, each sees its items and photographs; auditor and firm see all; a third sees no visit."""
    client = town.browser("insp")
    hidden = opened(client, form_of("penalty-quiet4"))
    typed = filled(**hidden) | {f"a:{item}": "fine" for item in items_of("fire", FIRE)}
    typed |= {"office": [OWN, FIRE], "a:fire_wiring": "problem", "s:fire_wiring": "minor"}
    photos = {
        f"p:{item}": (io.BytesIO(picture((300 + n, 200))), "a.jpg")
        for n, item in enumerate(("food_licence", "fire_wiring"))
    }
    saved = client.post(form_of("penalty-quiet4"), data={**typed, **photos})
    assert 303 == saved.status_code
    number = saved.location.split("?")[0].rsplit("/", 1)[1]
    room = f"/inspect/e/{firm('penalty-quiet4')}/visits/{number}"
    pages = {who: town.browser(who).get(room) for who in ("insp", "officer", "fire", "audit", "ecology")}
    assert [200, 200, 200, 200, 404] == [page.status_code for page in pages.values()]
    shown = {who: re.findall(r"/photos/([0-9a-f]{64})\.jpg", page.text) for who, page in pages.items()}
    assert (2, 1, 1, 2) == tuple(len(shown[who]) for who in ("insp", "officer", "fire", "audit"))
    food, wiring = shown["officer"][0], shown["fire"][0]
    for who, photo, status in (
        ("officer", food, 200),
        ("officer", wiring, 404),
        ("fire", food, 404),
        ("audit", wiring, 200),
        ("ecology", food, 404),
    ):
        assert status == town.browser(who).get(f"{room}/photos/{photo}.jpg").status_code, (who, status)
    own = town.browser("own4").get(f"/firm/e/{firm('penalty-quiet4')}/visits/{number}/photos/{wiring}.jpg")
    assert (200, "image/jpeg", "nosniff") == (
        own.status_code,
        own.mimetype,
        own.headers["X-Content-Type-Options"],
    )
    stranger = town.browser("own3").get(
        f"/firm/e/{firm('penalty-quiet4')}/visits/{number}/photos/{wiring}.jpg"
    )
    assert 404 == stranger.status_code
    texts = {who: text_of(town.browser(who).get(f"{room}/minutes.pdf").data) for who in ("insp", "fire")}
    assert "食品经营许可证" in texts["insp"] and "食品经营许可证" not in texts["fire"]
    assert "电气线路" in texts["insp"] and "电气线路" in texts["fire"]


def text_of(content: bytes) -> str:
    """The text of a PDF, without spaces."""
    document = pypdfium2.PdfDocument(content)
    try:
        return re.sub(r"\s", "", "".join(page.get_textpage().get_text_range() for page in document))
    finally:
        document.close()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_sheet_to_fill_in_has_all_items(town: Town, lang: str) -> None:
    """With places for officers, notice and signatures, on A4, in both languages."""
    content = town.browser("insp").get(f"{form_of()}/sheet.pdf?office={OWN}&lang={lang}")
    assert ("application/pdf", 200) == (content.mimetype, content.status_code)
    document = pypdfium2.PdfDocument(content.data)
    assert (595, 842) == tuple(round(side) for side in document[0].get_size())
    document.close()
    text = text_of(content.data)
    wanted = [say(lang, text_id) for text_id in ("sheet_officer", "sheet_order", "sheet_sign_firm")]  # type: ignore[arg-type]
    assert [] == [words for words in wanted if re.sub(r"\s", "", words) not in text]


def test_an_order_that_comes_later_is_added_once(town: Town, made: VisitTown) -> None:
    """Of a visit in an emergency; its minutes stay as they were, and the copy has the number."""
    new = visit(
        "penalty-quiet5",
        order_no="",
        emergency="燃气泄漏",
        departments=(DepartmentPart(OWN, answers(food_pests=CORRECTED)),),
    )
    number = made.visits(new, "emergency key", "insp").number
    path = f"/inspect/e/{firm('penalty-quiet5')}/visits/{number}"
    assert 409 == town.post("insp", path, ground=" ").status_code
    assert 303 == town.post("insp", path, ground="检批〔2026〕9号").status_code
    page = town.browser("insp").get(path)
    assert (
        "检批〔2026〕9号" in page.text
        and "csrf_token" not in page.text.split("sheet_items")[0].split("in_order_add")[-1][:0] + ""
    )
    assert "检批〔2026〕9号" in text_of(town.browser("insp").get(f"{path}/minutes.pdf").data)


def test_minutes_that_were_changed_are_not_shown(town: Town, made: VisitTown) -> None:
    """Whoever writes into the store past the log changes no page: it is refused."""
    new = visit("penalty-quiet0", departments=(DepartmentPart(OWN, answers(food_licence=replace(PROBLEM))),))
    number = made.visits(new, "key of the changed", "insp").number
    with made.database.write() as connection:
        connection.exec_driver_sql(
            f"UPDATE visit_minutes SET content = replace(content, '缺一本', '齐全') WHERE number = {number}"
        )
    for path in (f"/inspect/e/{firm(FIRM)}/visits/{number}", f"/inspect/api/e/{firm(FIRM)}/visits/{number}"):
        answer = town.browser("insp").get(path)
        assert 503 == answer.status_code and "齐全" not in answer.text


def test_the_address_of_a_photograph_names_nothing_else(town: Town, made: VisitTown) -> None:
    """No way out of its folder, no other visit's photograph, no header of its own."""
    new = visit("penalty-quiet0", task_no="任务〔2026〕8号", act_no="浙行〔2026〕8", occasion="random")
    number = made.visits(new, "key of the addresses", "insp").number
    room, client = f"/inspect/e/{firm(FIRM)}/visits/{number}/photos", town.browser("insp")
    for name in ("../../../etc/passwd", "..%2f..%2f..%2fetc%2fpasswd", "%00", "a" * 64, "..", "%0d%0aX-Y:z"):
        answer = client.get(f"{room}/{name}.jpg")
        assert 404 == answer.status_code and "X-Y" not in answer.headers, name
    for enterprise_id in ("..%2f..", "%0d%0aSet-Cookie:%20a=b", "//evil.example", "%5c%5cevil.example"):
        answer = client.get(f"/inspect/e/{enterprise_id}")
        assert answer.status_code in (308, 404) and "a=b" not in str(answer.headers), enterprise_id
        assert "evil.example" not in answer.headers.get("Location", "/").partition("/inspect/")[0]
