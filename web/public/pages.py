"""The public's page of an enterprise, by the random id of the page, and its twin."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, g, jsonify, render_template
from markupsafe import Markup

from scoring.administration.credential.scan import EnterpriseToday, PublicScan, public_scan
from scoring.errors import UnknownEnterpriseError
from scoring.store.facts.public_ids import whose_page
from scoring.store.standing.code_holders import CodeHolder, StoredCodes
from scoring.store.standing.code_records import RecordedCode
from web.limits import PublicLimits
from web.parts.kept_pages import Body, KeptPages
from web.public.scan_words import Sentence, dark_view
from web.public.view import public_page, require_page, shown_name
from web.reading import now, office, results

PUBLIC_ID = re.compile("[0-9a-f]{32}")


def add_pages(routes: Blueprint, limits: PublicLimits, pages: KeptPages) -> None:
    """Adds the page and its twin.

    Args:
        routes: The blueprint of the public.
        limits: Stops who guesses.
        pages: Those that are kept.
    """

    @routes.get("/e/<public_id>")
    @limits.guarded
    def enterprise(public_id: str) -> str:
        """One enterprise, as the public may see it."""
        holder = _holder(public_id)
        return public_answer(pages, holder, public_scan_of(holder))

    @routes.get("/api/e/<public_id>")
    @limits.guarded
    def enterprise_json(public_id: str) -> Response:
        """Twin of one enterprise's page."""
        return jsonify(public_view(_holder(public_id))[0])


def public_view(holder: CodeHolder, code: RecordedCode | None = None) -> tuple[dict[str, Any], PublicScan]:
    """The page of an enterprise as data, and what is to be said of a code that led there.

    Raises:
        UnknownEnterpriseError: It has no page.
    """
    scan = public_scan_of(holder, code)
    return _content(holder, scan), scan


def public_scan_of(holder: CodeHolder, code: RecordedCode | None = None) -> PublicScan:
    """What is to be said of the code that led to a page; raises as ``public_view``."""
    desk = office()
    require_page(holder, with_persons=desk is not None and desk.with_sole_traders)
    today = EnterpriseToday(holder.enterprise_id, None, None, results().as_of, gone=holder.gone)
    return public_scan(today, code, int(now().timestamp()))


def _content(holder: CodeHolder, scan: PublicScan) -> dict[str, Any]:
    """The page as data, or that its enterprise is gone."""
    read = results()
    if scan.is_dark:
        return dark_view(holder.enterprise_id, shown_name(read.score(holder.enterprise_id), holder), scan)
    return public_page(read, holder, g.today)


def public_answer(
    pages: KeptPages,
    holder: CodeHolder,
    scan: PublicScan,
    said: list[Sentence] | None = None,
    own: str | None = None,
) -> str:
    """The page, or that its enterprise is gone.

    Args:
        pages: Those that are kept.
        holder: The enterprise.
        scan: What the code comes to.
        said: Sentences above the page; ``None``: no code led there.
        own: The enterprise, where its own account asks.
    """
    if scan.is_dark:
        return render_template("public/dark.html", v=_content(holder, scan))

    def body(state: str) -> Body:
        """The page, rendered but for its frame."""
        v = _content(holder, scan)
        html = render_template("public/_enterprise.html", v=v, said=said, own=own)
        title = f"{v['enterprise']['name'] or v['enterprise']['id']} · {v['result']['word'][g.lang]}"
        # the head and foot of the page name the rules of the store
        frame = {"policy": v["policy"], "title": title}
        return Body(Markup(html), frame, state, ())  # noqa: S704 - rendered by a template

    made = pages.public_body(results(), (holder, repr(said), own), body)
    return render_template("public/enterprise.html", body=made.html, **made.frame)


def _holder(public_id: str) -> CodeHolder:
    """The enterprise whose page has an id.

    Raises:
        UnknownEnterpriseError: Nobody's has.
    """
    # What was looked up holds until the next entry of the log; who is nobody is not kept.
    return results().page_holder(public_id, g.today, lambda: _looked_up(public_id))


def _looked_up(public_id: str) -> CodeHolder:
    with results().read() as connection:
        # What cannot be an id is not looked up: a text of any length would be asked of the database.
        known = whose_page(connection, public_id) if PUBLIC_ID.fullmatch(public_id) else None
        if known is None:
            raise UnknownEnterpriseError("enterprise_unknown", enterprise_id=public_id)
        return StoredCodes(connection, g.today).holder(known)
