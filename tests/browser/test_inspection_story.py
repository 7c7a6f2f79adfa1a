"""An inspection in the browser: from the sticker at the door to the colour that falls when the notice is over."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import chromium
import pytest
from casework import DAY, OWN
from coded_town import STICKERED, make_coded_town
from people_in_browser import INSPECTOR, Reader, Street, street
from PIL import Image
from playwright.sync_api import Browser, Page
from readers import allow
from visits import OFFICERS

from scoring.administration.inspection.inspection_items import published_items
from scoring.rules.wording import Lang, say
from scoring.store.people.accounts import put_account
from scoring.store.people.grants import Grant
from scoring.store.tables.actors import ACTIVE
from scoring.store.tables.writing import begin_writing

pytestmark = pytest.mark.skipif(chromium.IS_MISSING, reason=chromium.REASON)
FALLEN = date(2026, 10, 15)
"""The day after a notice that was served on ``DAY`` is over: the National Day holidays lie between."""
PAGE = f"/e/{STICKERED}"
ANSWERS = {"food_licence": "problem", "food_pests": "corrected"}
MOST_TAPS, ITEMS = 12, 20
SLOW = {"offline": False, "latency": 2_000, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
"""Slow 3G, as the developer tools of Chrome have it: 400 kbit/s, two seconds until something answers."""
SLOWEST = 6.0
"""Seconds from the frame in which the sticker is to the form."""


class Tapped:
    """A telephone whose taps are counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps = page, 0

    def tap(self, selector: str) -> None:
        """One tap."""
        self.page.locator(selector).first.click()
        self.taps += 1

    def write(self, name: str, text: str) -> None:
        """A tap on a field, and what is typed into it."""
        self.tap(f'[name="{name}"]')
        self.page.locator(f'[name="{name}"]').fill(text)

    def choose(self, name: str, value: str) -> None:
        """A tap on a list, and one on what is chosen."""
        self.page.select_option(f'[name="{name}"]', value)
        self.taps += 2


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A town with a sticker, and the photograph of it: a card at a door, a little askew."""
    town = make_coded_town(tmp_path_factory.mktemp("story"))
    card = Image.open(io.BytesIO(town.picture_of(town.sticker()))).convert("RGB")
    card = card.resize((card.width * 9 // 10, card.height * 9 // 10)).rotate(4, expand=True, fillcolor="#777")
    door = Image.new("RGB", (1280, 960), "#777777")
    door.paste(card.crop((0, 200, card.width, card.height)), ((1280 - card.width) // 2, 0))
    out = io.BytesIO()
    door.save(out, "JPEG", quality=85)
    town.database.close()
    return Path(town.database.place), out.getvalue()


@contextmanager
def inspector_of(
    made: tuple[Path, bytes], folder: Path, browser: Browser, lang: Lang, *, plain: bool
) -> Iterator[tuple[Street, Reader]]:
    """The street, and the inspector of the market authority with his telephone."""
    with street(made[0], folder, DAY, browser, lang, plain=plain) as here:
        database = here.counter.database
        with begin_writing(database, "tester", here.counter.clock) as writing:
            put_account(writing, INSPECTOR, OFFICERS[0].name, ACTIVE)
        allow(database.place, INSPECTOR, Grant("", "inspector", "t", departments=frozenset({OWN})))
        yield here, here.who(INSPECTOR)


def record(inspector: Reader) -> Tapped:
    """Answers all items and fills in the rest."""
    phone = Tapped(inspector.page)
    items = [item.id for item in published_items().of_office(OWN, DAY)]
    assert ITEMS == len(items)
    for item in items:
        phone.tap(f'label[for="a:{item}-{ANSWERS.get(item, "fine")}"]')
    assert ITEMS == phone.taps
    phone.tap('label[for="s:food_licence-general"]')
    phone.tap('label[for="s:food_pests-minor"]')
    phone.write("ground", "检通〔2026〕7号")
    phone.choose("occasion", "routine")
    phone.write("task_no", "任务〔2026〕7号")
    assert OFFICERS[0].name == phone.page.input_value('[name="officer1"]')
    phone.write("certificate1", OFFICERS[0].certificate)
    phone.write("officer2", OFFICERS[1].name)
    phone.write("certificate2", OFFICERS[1].certificate)
    phone.write("received_by", "店长丙某")
    phone.tap('label[for="receipt-signed"]')
    with phone.page.expect_navigation(wait_until="load"):
        phone.tap(f'button:has-text("{inspector.says("in_save")}")')
    return phone


def falls(here: Street, inspector: Reader, lang: Lang) -> None:
    """What follows: proposed, public as before; served and not answered, it falls when the period is over."""
    green, yellow = (say(lang, f"colour_{name}") for name in ("green", "yellow"))  # type: ignore[arg-type]
    told = inspector.told()
    assert inspector.says("in_proposed", word=yellow) in told
    assert inspector.says("in_points", before=100, now=70) in told
    # Where no script runs none can look at the page either.
    assert here.plain or [] == chromium.faults(inspector.page)
    assert b"%PDF" == inspector.paper(inspector.says("in_print"))[:4]
    public = here.who(None).open(PAGE)
    assert green == public.colour() and say(lang, "notice_why") not in public.told()
    chief = here.who("chief").open(f"/desk{PAGE}/proposal")
    chief.send(say(lang, "pr_serve"), how="handed_over", ground="送达回证 1 号", on=DAY.isoformat())
    assert green == public.open(PAGE).colour()
    here.counter.go_to(FALLEN)
    here.counter.score()
    assert yellow == public.open(PAGE).colour()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_by_camera(made: tuple[Path, bytes], tmp_path: Path, browser: Browser, lang: Lang) -> None:
    """The camera sees the sticker, the form opens, twenty items are answered: one problem, one corrected on the spot."""
    film = tmp_path / "door.mjpeg"
    film.write_bytes(made[1] * 2)
    with (
        chromium.with_camera(browser, film) as seeing,
        inspector_of(made, tmp_path, seeing, lang, plain=False) as (here, inspector),
    ):
        inspector.open("/desk/queue")
        inspector.page.goto(f"{here.address}/scan?lang={lang}")
        inspector.page.wait_for_url(f"**/inspect{PAGE}*")
        phone = record(inspector)
        assert phone.taps - ITEMS <= MOST_TAPS
        falls(here, inspector, lang)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_without_scripts_by_photograph(
    made: tuple[Path, bytes], tmp_path: Path, browser: Browser, lang: Lang
) -> None:
    """A photograph of the sticker is sent; all the rest is the same."""
    photo = tmp_path / "IMG_0001.jpg"
    photo.write_bytes(made[1])
    with inspector_of(made, tmp_path, browser, lang, plain=True) as (here, inspector):
        inspector.open("/scan").send(say(lang, "in_scan_go"), picture=str(photo))
        assert f"/inspect{PAGE}" in inspector.page.url
        record(inspector)
        falls(here, inspector, lang)


def test_on_a_slow_line(made: tuple[Path, bytes], tmp_path: Path, browser: Browser) -> None:
    """From the moment at which the camera runs until the form is there, on slow 3G."""
    film = tmp_path / "door.mjpeg"
    film.write_bytes(made[1] * 2)
    with (
        chromium.with_camera(browser, film) as seeing,
        inspector_of(made, tmp_path, seeing, "zh", plain=False) as (here, inspector),
    ):
        page = inspector.open("/desk/queue").page
        wire = page.context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.send("Network.emulateNetworkConditions", SLOW)
        page.set_default_timeout(60_000)
        took: list[float] = []
        # Other tests work on the machine meanwhile: what the line alone takes is the least of three.
        while len(took) < 3 and min(took, default=SLOWEST + 1) > SLOWEST:
            page.goto(f"{here.address}/scan", wait_until="commit")
            page.wait_for_selector("#camera:not([hidden])")
            begun = time.perf_counter()
            page.wait_for_url(f"**/inspect{PAGE}*", wait_until="load")
            took.append(time.perf_counter() - begun)
        print(f"scan to form on slow 3G: {min(took):.1f} s")
        assert min(took) <= SLOWEST
