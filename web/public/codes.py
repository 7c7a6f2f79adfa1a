"""The page that a telephone opens when it scans a code: what holds now, whatever colour the code says."""

from __future__ import annotations

import logging
from typing import Any

from flask import Blueprint, g, jsonify, render_template
from flask.typing import ResponseReturnValue

from scoring.administration.credential.not_a_code import CodeReason
from scoring.administration.credential.scan import (
    EnterpriseToday,
    officer_scan,
    partner_scan,
    public_scan,
)
from scoring.administration.credential.scanned_code import ScannedCode, look_up
from scoring.administration.identity.person import Person
from scoring.administration.identity.viewings import note_viewing
from scoring.explain.words.figures import prose_day
from scoring.explain.words.grades import band_of
from scoring.rules.wording import both
from scoring.store.standing.code_holders import CodeHolder, StoredCodes
from web.access import officer_of
from web.limits import PublicLimits
from web.parts import view
from web.parts.grades import grade
from web.parts.kept_pages import KeptPages
from web.public.pages import public_answer, public_scan_of, public_view
from web.public.scan_words import banners, dark_view, moment_words, superseded
from web.public.view import record_view, require_page, shown_name
from web.reading import now, office, person, results

LOG = logging.getLogger("sise.codes")
"""Codes that a key of ours has signed beside the store are written here: somebody has the key who should not."""


def add_codes(routes: Blueprint, limits: PublicLimits, pages: KeptPages) -> None:
    """Adds the page of a code and its twin.

    Args:
        routes: The blueprint of the public.
        limits: Stops who guesses.
        pages: Those that are kept.
    """

    @routes.get("/Q/<written>")
    @routes.get("/q/<written>")
    @limits.guarded
    def scanned(written: str) -> ResponseReturnValue:
        """What a code comes to, for who asks."""
        code, holder = _scanned(written)
        if holder is None:
            return render_template("public/not_ours.html", v=_not_ours(code)), 404
        # Whoever may see the enterprise anyway gets what he came for, whatever the face of the code.
        asking, audience = officer_of(holder.enterprise_id)
        if asking is not None:
            return render_template("public/officer.html", v=_for_officer(code, holder, asking, audience))
        if code.face == "shown":
            shown = _for_partner(code, holder)
            return render_template(f"public/{'dark' if shown['dark'] else 'partner'}.html", v=shown)
        scan = public_scan_of(holder, code.code)
        said = banners(scan, is_demo=code.is_demo, by_lost_key=code.is_by_lost_key)
        return public_answer(pages, holder, scan, said, _own(holder))

    @routes.get("/api/q/<written>")
    @limits.guarded
    def scanned_json(written: str) -> ResponseReturnValue:
        """Twin of the page, as everybody sees it."""
        code, holder = _scanned(written)
        if holder is None:
            refused = _not_ours(code)
            return jsonify({"error": f"code_is_{code.reason}", **refused["text"], **refused}), 404
        if code.face == "shown":
            return jsonify(_for_partner(code, holder))
        shown, scan = public_view(holder, code.code)
        said = {"reason": scan.reason, "said": scan.said, "ended_on": scan.ended_on and str(scan.ended_on)}
        return jsonify({**shown, "code": {**said, "face": code.face, "demo": code.is_demo}})


def _scanned(written: str) -> tuple[ScannedCode, CodeHolder | None]:
    """A code and whose it is; nobody's where it is none of ours."""
    desk = office()
    if desk is None:
        return ScannedCode(CodeReason.NOT_ISSUED), None
    with results().read() as connection:
        stored = StoredCodes(connection, g.today)
        code = look_up(stored, desk, written, now())
        holder = stored.holder(code.enterprise_id) if code.enterprise_id else None
    if code.forged_serial:
        LOG.warning("a code with serial %s was signed and never issued", code.forged_serial)
    return code, holder


def _not_ours(code: ScannedCode) -> dict[str, Any]:
    """Why a code is none of ours; of what it says nothing is repeated."""
    return {"reason": code.reason, "text": both(f"code_is_{code.reason}"), "enterprise": None}


def _own(holder: CodeHolder) -> str | None:
    """The enterprise, where whoever scans its code is logged in as itself."""
    asking = person()
    is_own = asking is not None and holder.enterprise_id in asking.enterprises
    return holder.enterprise_id if is_own else None


def _for_officer(
    code: ScannedCode, holder: CodeHolder, asking: Person, audience: view.AudienceName
) -> dict[str, Any]:
    """Colour and day for who may see the enterprise; it is written down that he looked."""
    read = results()
    note_viewing(read.kept.database, asking.account, holder.enterprise_id, "public.scanned", now())
    score = read.score(holder.enterprise_id)
    version = read.version_of(score)
    granted, band = view.grants(version, audience), band_of(score.band, version.policy)
    colour = str(band.colour) if band and band.colour and granted.colour else None
    waits = granted.colour and read.proposed(holder.enterprise_id) is not None
    name = shown_name(score, holder)
    today = EnterpriseToday(holder.enterprise_id, name, colour, read.as_of, waits, holder.gone)
    scan = officer_scan(today, code.code, int(now().timestamp()))
    is_dark = scan.reason is CodeReason.REVOKED
    # Also where its colour has come back since: the sticker has ended all the same.
    is_old = scan.reason is CodeReason.SUPERSEDED
    shown = grade(band, score.status_reason, version, granted) if granted.colour and not is_dark else None
    return {
        "enterprise": {"id": scan.enterprise_id, "name": scan.name},
        "result": shown,
        "dark": both("scan_dark", cause=both(f"cause_{scan.cause}")) if is_dark else None,
        "as_of": prose_day(read.as_of),
        "old": superseded(code.code.colour, scan.ended_on) if code.code and is_old else None,
        "waits": waits,
        "expired": scan.reason is CodeReason.EXPIRED,
        "demo": code.is_demo,
    }


def _for_partner(code: ScannedCode, holder: CodeHolder) -> dict[str, Any]:
    """Who shows the code, and what the law publishes of it; nothing here has a place for a colour."""
    read, desk = results(), office()
    require_page(holder, with_persons=desk is not None and desk.with_sole_traders)
    at, name = int(now().timestamp()), shown_name(read.score(holder.enterprise_id), holder)
    today = EnterpriseToday(holder.enterprise_id, name, None, read.as_of, gone=holder.gone)
    if (dark := public_scan(today, code.code, at)).is_dark:
        return dark_view(holder.enterprise_id, name, dark)
    scan = partner_scan(today, code.code, read.published(holder.enterprise_id, g.today), at)
    return {
        "enterprise": {"id": scan.enterprise_id, "name": scan.name},
        "dark": None,
        "expired": scan.reason is CodeReason.EXPIRED,
        "until": moment_words(code.code.expires_at) if code.code else None,
        "records": [record_view(record) for record in scan.records],
        "none": both("scan_no_records", day=prose_day(read.as_of)),
        "demo": code.is_demo,
    }
