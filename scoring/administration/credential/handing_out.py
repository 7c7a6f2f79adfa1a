"""Which code may be handed out of an enterprise, and which text it has."""

from __future__ import annotations

from scoring.administration.credential.deployment import QrMode
from scoring.administration.credential.issuing_office import IssuingOffice
from scoring.administration.credential.profile import SignedCode, decode, encode
from scoring.entities import Colour
from scoring.errors import StoreError
from scoring.explain.public_result import PublicState
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.standing.code_faces import issue_plates
from scoring.store.standing.code_records import live_code
from scoring.store.tables.code_desk import STICKER
from scoring.store.tables.database import Database
from scoring.store.tables.writing import Clock

PUBLICATION = "publication"


def code_text(
    database: Database,
    office: IssuingOffice,
    version: ResolvedPolicy,
    enterprise_id: str,
    actor: str,
    clock: Clock,
    public_state: PublicState | None = None,
) -> tuple[QrMode, str]:
    """What a QR code of an enterprise holds, to be printed.

    Args:
        database: The store.
        office: Who issues its codes.
        version: The policy whose colours the store shows.
        enterprise_id: The enterprise.
        actor: Who prints.
        clock: The time.
        public_state: What the public sees of the result, where the policy grants it the grounds.

    Returns:
        Whether it says the colour, and the text.

    Raises:
        StoreError: The enterprise has no code, its colour is not public, or may not be printed.
    """
    host = office.settings.printed_host
    mode = office.settings.mode_under(version)
    if mode == "opaque":
        plates = issue_plates(database, office, [enterprise_id], actor, clock)
        if enterprise_id not in plates:
            raise StoreError("no_code_for", enterprise_id=enterprise_id)
        return mode, encode(host, plates[enterprise_id])
    with database.read() as connection:
        content = live_code(connection, enterprise_id, STICKER)
    if content is None:
        raise StoreError("no_code_for", enterprise_id=enterprise_id)
    if public_state not in (None, "shown"):
        raise StoreError("code_not_public", enterprise_id=enterprise_id)
    text = encode(host, content)
    code = decode(text)
    if isinstance(code, SignedCode) and not may_print(version, code.claims.colour):
        raise StoreError("colour_without_ground", enterprise_id=enterprise_id)
    return mode, text


def may_print(version: ResolvedPolicy, colour: Colour | None) -> bool:
    """Whether a colour may be printed: outside a demonstration a bad one needs a ground that somebody has read."""
    if version.demonstration or colour in (Colour.BLUE, Colour.GREEN, None):
        return True
    return any(PUBLICATION in legal.permits and legal.tag == "found" for legal in version.policy.legal)
