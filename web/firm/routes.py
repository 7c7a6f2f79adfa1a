"""A firm's pages: those of its enterprises."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template
from flask.typing import ResponseReturnValue

from web.access import asking_person
from web.language import link
from web.parts import view
from web.parts.pages import add_enterprise
from web.reading import results


def blueprint(address: str) -> Blueprint:
    """The routes.

    Args:
        address: What the QR codes hold.
    """
    routes = Blueprint("firm", __name__, url_prefix="/firm")
    add_enterprise(routes, address)

    @routes.get("/")
    def home() -> ResponseReturnValue:
        """The enterprises of an account; where there is one, its page."""
        own = asking_person().enterprises
        if len(own) == 1:
            return redirect(link("firm.enterprise", enterprise_id=own[0]))
        read = results()
        rows = []
        for score in map(read.score, own):
            version = read.version_of(score)
            rows.append(view.row_view(score, version, view.grants(version, "enterprise")))
        return render_template("firm/home.html", rows=rows)

    return routes
