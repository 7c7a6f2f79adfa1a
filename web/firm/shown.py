"""The code that an enterprise shows on a screen: signed for a day at most, and without a colour."""

from __future__ import annotations

from flask import Blueprint, render_template

from scoring.administration.credential.modules import QUIET, path_of
from scoring.administration.credential.profile import SignedCode, decode, encode
from scoring.errors import StoreError
from scoring.rules.wording import both
from scoring.store.standing.code_faces import show_code
from web.access import asking_person
from web.public.scan_words import moment_words
from web.reading import now, office, results


def add_shown(routes: Blueprint) -> None:
    """Adds the page.

    Args:
        routes: The blueprint of firms.
    """

    @routes.get("/e/<path:enterprise_id>/shown")
    def shown(enterprise_id: str) -> str:
        """The code on a screen; the same one for half a day."""
        read, desk = results(), office()
        score = read.score(enterprise_id)
        known = {"id": enterprise_id, "name": score.name}
        if desk is None:
            return render_template("firm/shown.html", e=known, why=both("show_no_office"), code=None)
        # Looked at again within half a day it is the same code: a firm may show it a hundred times.
        try:
            content = show_code(read.kept.database, desk, enterprise_id, asking_person().account, now)
        except StoreError as error:
            return render_template("firm/shown.html", e=known, why=error.words, code=None)
        text = encode(desk.settings.printed_host, content)
        side, path = path_of(text)
        code = decode(text)
        until = moment_words(code.claims.expires) if isinstance(code, SignedCode) else ""
        drawn = {"path": path, "box": f"-{QUIET} -{QUIET} {side + 2 * QUIET} {side + 2 * QUIET}"}
        return render_template("firm/shown.html", e=known, why=None, code=drawn, until=until)
