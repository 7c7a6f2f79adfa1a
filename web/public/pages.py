"""The public's page of an enterprise, by the random id of the page, and its twin."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, g, jsonify, render_template

from scoring.administration.credential.scan import EnterpriseToday, PublicScan, public_scan
from scoring.errors import UnknownEnterpriseError
from scoring.store.facts.public_ids import whose_page
from scoring.store.standing.code_holders import CodeHolder, StoredCodes
from scoring.store.standing.code_records import RecordedCode
from web.limits import PublicLimits
from web.public.scan_words import Sentence, dark_view
from web.public.view import public_page, require_page, shown_name
from web.reading import now, office, results

PUBLIC_ID = re.compile("[0-9a-f]{32}")


def add_pages(routes: Blueprint, limits: PublicLimits) -> None:
    """Adds the page and its twin.

    Args:
        routes: The blueprint of the public.
        limits: Stops who guesses.
    """

    @routes.get("/e/<public_id>")
    @limits.guarded
    def enterprise(public_id: str) -> str:
        """One enterprise, as the public may see it."""
        return public_answer(*public_view(_holder(public_id)))

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
    read, desk = results(), office()
    require_page(holder, with_persons=desk is not None and desk.with_sole_traders)
    today = EnterpriseToday(holder.enterprise_id, None, None, read.as_of, gone=holder.gone)
    scan = public_scan(today, code, int(now().timestamp()))
    if scan.is_dark:
        name = shown_name(read.score(holder.enterprise_id), holder)
        return dark_view(holder.enterprise_id, name, scan), scan
    return public_page(read, holder, g.today), scan


def public_answer(
    shown: dict[str, Any], scan: PublicScan, said: list[Sentence] | None = None, **more: Any
) -> str:
    """The page, or that its enterprise is gone.

    Args:
        shown: The page as data.
        scan: What the code comes to.
        said: Sentences above the page; ``None``: no code led there.
        more: What else the template knows.
    """
    if scan.is_dark:
        return render_template("public/dark.html", v=shown)
    # the head and foot of the page name the rules of the store
    return render_template("public/enterprise.html", v=shown, policy=shown["policy"], said=said, **more)


def _holder(public_id: str) -> CodeHolder:
    """The enterprise whose page has an id.

    Raises:
        UnknownEnterpriseError: Nobody's has.
    """
    with results().read() as connection:
        # What cannot be an id is not looked up: a text of any length would be asked of the database.
        known = whose_page(connection, public_id) if PUBLIC_ID.fullmatch(public_id) else None
        if known is None:
            raise UnknownEnterpriseError("enterprise_unknown", enterprise_id=public_id)
        return StoredCodes(connection, g.today).holder(known)
