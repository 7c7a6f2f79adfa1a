"""In a real browser: no page has a serious fault of accessibility, and none scrolls sideways at 320 pixels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import chromium
import pytest
from casework import Counter, firm, make_counter, record
from playwright.sync_api import Browser, Page
from public_pages import public_path
from readers import allow, token_of
from town_pages import NAMES, Town
from visits import PROBLEM, found

from scoring.administration.identity.invitations import invite_account
from scoring.administration.identity.log_ins import put_login
from scoring.administration.identity.provider_links import link_subject
from scoring.administration.identity.provider_log_in import Assertion
from scoring.administration.identity.secret_words import new_secret
from scoring.administration.inspection.visit_recording import record_visit
from scoring.store.people.grants import ADMIN, AUDITOR, Grant
from scoring.store.tables.writing import begin_writing
from web.access import ROUTES
from web.reading import COOKIE

pytestmark = pytest.mark.skipif(chromium.IS_MISSING, reason=chromium.REASON)
WHO, PENDING = firm("penalty-a"), firm("listing-a")
PAGES: Mapping[str, str] = {
    "public.home": "/?q=虚构",
    "public.about": "/about",
    "public.enterprise": "/e/{page}",
    "public.scanned": "/q/abc",
    "public.counts": "/counts",
    "verify.page": "/verify/",
    "account.log_in": "/login",
    "account.welcome": "/welcome",
    "account.home": "/account",
    "account.provider": "/login/with/stub?code=x",
    "firm.home": "/firm/",
    "firm.enterprise": f"/firm/e/{WHO}",
    "firm.open_case": f"/firm/e/{WHO}/open/objection?record={record('penalty-a')}",
    "firm.case": f"/firm/e/{WHO}/cases/1",
    "firm.visit": f"/firm/e/{WHO}/visits/1",
    "firm.shown": f"/firm/e/{WHO}/shown",
    "inspect.scan": "/scan",
    "inspect.visit": f"/inspect/e/{firm('finding-a')}?office=330802-market&office=330802-fire",
    "inspect.recorded": f"/inspect/e/{WHO}/visits/1",
    "desk.home": "/desk/?q=虚构",
    "desk.enterprise": f"/desk/e/{WHO}",
    "desk.queue": "/desk/queue",
    "desk.figures": "/desk/figures",
    "desk.statements": "/desk/statements",
    "desk.case": f"/desk/e/{WHO}/cases/1",
    "desk.proposal": f"/desk/e/{PENDING}/proposal",
    "desk.record": f"/desk/e/{WHO}/records/{record('penalty-a')}",
    "desk.window": f"/desk/e/{WHO}/window/recalculation",
}
"""A page of every route that answers with one."""
NO_PAGES = (
    *(
        "_json",
        "_pdf",
        "_csv",
        "_list",
        ".code",
        ".history",
        ".receipt",
        ".notice",
        ".letter",
        ".health",
        ".ready",
    ),
    *(".manifest", ".worker", ".names", ".read"),
    *(".log_out", ".provider_back", ".sheet", ".minutes", ".photo", "static"),
)
"""Routes that answer with something else: a picture, a paper, data, a page further on."""
ON_THE_WAY = ("account.second_factor",)
"""Pages that only who is on his way in meets."""
REFUSALS = {"nothing here": "/firm/e/unknown", "a wrong code": "/welcome"}


class OneProvider:
    """A provider of identities that vouches for one officer, or for nobody."""

    id, label, begins_here = "stub", {"zh": "某", "en": "some"}, False

    def code_in(self, answer: Mapping[str, str]) -> str | None:
        """The code."""
        return answer.get("code")

    def assertion(self, answer: Mapping[str, str], attempt: object) -> Assertion:
        """The officer."""
        return Assertion(self.id, "officer" if answer["code"] == "officer" else "nobody")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    """The town with an objection to a record, and somebody who may do everything."""
    counter = make_counter(tmp_path_factory.mktemp("accessible"), NAMES)
    counter.object_to("penalty-a")
    counter.score()
    new = found("penalty-a", {"food_pests": PROBLEM}, order_no="", emergency="燃气泄漏")
    record_visit(
        *(counter.database, counter.version, new, "a key of one", "anna", counter.clock),
        counter.enter_by("anna"),
    )
    own = [Grant("", "enterprise", "t", enterprise_id=firm(name)) for name in NAMES]
    roles = ("supervisor", "legal_reviewer", "window_clerk", "admin", "auditor", "analyst", "inspector")
    allow(counter.database.place, "everything", *own, *(Grant("", role, "t") for role in roles))
    allow(counter.database.place, "admin", Grant("", ADMIN, "t"))
    allow(counter.database.place, "linked", Grant("", AUDITOR, "t"))
    with begin_writing(counter.database, "admin", counter.clock) as writing:
        put_login(writing, "linked", None, new_secret(), None)
    link_subject(counter.database, "linked", "stub", "officer", "admin", counter.clock)
    yield counter
    counter.database.close()


@pytest.fixture(scope="module")
def address(town: Counter) -> Iterator[str]:
    """Where its pages are served."""
    with chromium.served(Town(town, OneProvider()).app) as served:
        yield served


@pytest.fixture(params=[("zh", 320), ("en", 320), ("zh", 1280), ("en", 1280)], ids=str)
def page(request: pytest.FixtureRequest, browser: Browser, address: str, town: Counter) -> Iterator[Page]:
    """A tab of who may do everything, in a language and a width."""
    lang, width = request.param
    context = browser.new_context(
        viewport={"width": width, "height": 800}, locale="zh-CN" if lang == "zh" else "en-GB"
    )
    token = token_of(town.database.place, "everything", town.clock)
    context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
    yield context.new_page()
    context.close()


def test_every_page_is_looked_at() -> None:
    """Each route that answers with a page has one in the list."""
    pages = {endpoint for endpoint in ROUTES if not endpoint.endswith(NO_PAGES)}
    assert pages == {*PAGES, *ON_THE_WAY}


def test_no_serious_fault(page: Page, address: str, town: Counter) -> None:
    """Of contrast, names, roles, order and size of targets, on every page and every refusal."""
    found = {}
    for name, path in {**PAGES, **REFUSALS}.items():
        own = public_path(town.database.place, firm("finding-a")).removeprefix("/e/")
        page.goto(address + path.replace("{page}", own))
        if told := chromium.faults(page):
            found[name] = told
    assert {} == found


def test_a_refused_form_has_no_serious_fault(page: Page, address: str) -> None:
    """The form comes back with the reason on top of it."""
    page.goto(f"{address}/firm/e/{WHO}/open/recalculation")
    page.eval_on_selector("textarea", "field => field.removeAttribute('required')")
    page.click("main form button[type=submit]")
    assert page.locator("[role=alert]").count() == 1
    assert [] == chromium.faults(page)


def test_the_way_in_has_no_serious_fault(page: Page, address: str, town: Counter) -> None:
    """A code on paper, the password and the telephone, with what is refused; and the digits after a provider."""
    page.context.clear_cookies()
    allow(town.database.place, "newcomer", Grant("", AUDITOR, "t"))
    code = invite_account(town.database, "newcomer", "works here", "admin", town.clock)
    page.goto(f"{address}/welcome")
    page.fill("#code", code)
    chromium.click(page, page.locator("main button[type=submit]"))
    found = {"the password": chromium.faults(page)}
    page.fill("#password", "a long enough password")
    page.fill("#again", "another password, as long")
    page.eval_on_selector("form.entries", "form => form.noValidate = true")
    chromium.click(page, page.locator("main button[type=submit]"))
    assert page.locator("[role=alert]").count() == 1
    found["passwords that differ"] = chromium.faults(page)
    page.goto(f"{address}/login/with/stub?code=officer")
    chromium.click(page, page.locator("main button[type=submit]"))
    assert page.url.endswith("/login/second")
    found["the digits"] = chromium.faults(page)
    page.fill("#code", "000000")
    chromium.click(page, page.locator("main button[type=submit]"))
    assert page.locator("[role=alert]").count() == 1
    found["wrong digits"] = chromium.faults(page)
    assert not any(found.values()), found
