"""Which code may be handed out of an enterprise, which text it has, and what is printed beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from scoring.administration.credential.code_claims import Claims
from scoring.administration.credential.deployment import QrMode
from scoring.administration.credential.face import Face, Printed
from scoring.administration.credential.issuing_office import IssuingOffice
from scoring.administration.credential.profile import SignedCode, decode, encode
from scoring.entities import Colour
from scoring.entities.areas import area_name
from scoring.errors import StoreError
from scoring.explain.public_result import PublicState
from scoring.explain.words.grades import legend
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import both
from scoring.store.standing.code_faces import issue_plates
from scoring.store.standing.code_holders import StoredCodes
from scoring.store.standing.code_records import live_code
from scoring.store.tables.code_desk import STICKER
from scoring.store.tables.database import Database
from scoring.store.tables.writing import Clock, day_in_china

PUBLICATION = "publication"


@dataclass(frozen=True)
class HandedOut:
    """A code that is handed out to be printed.

    Attributes:
        mode: Whether it says the colour.
        text: What the QR code holds.
        claims: What it says; a plate says nothing.
        printed: What is printed beside the result.
        is_person: Whether its enterprise is a sole trader, whose name is not printed.
    """

    mode: QrMode
    text: str
    claims: Claims | None
    printed: Printed
    is_person: bool = False

    def face(
        self,
        name: str | None,
        enterprise_id: str,
        version: ResolvedPolicy,
        *,
        as_of: date,
        fictitious: bool,
    ) -> Face:
        """What its sheet says: the colour and the day of the code itself, whatever holds now.

        Args:
            name: Name of its enterprise.
            enterprise_id: Its code.
            version: The policy of the store.
            as_of: The day of the store's results.
            fictitious: Whether the data is made up.
        """
        bands = legend(version.policy)
        colour = self.claims.colour if self.claims else None
        band = next((band for band in bands if colour and band.colour == colour), None)
        return Face(
            name=None if self.is_person else name,
            enterprise_id=enterprise_id,
            colour=colour,
            label=band.label if band else both("public_neutral"),
            rank=band.rank if band else None,
            ranks=len(bands),
            as_of=(self.claims.as_of if self.claims else None) or as_of,
            policy_title=version.policy.title.words,
            demonstration=version.demonstration,
            fictitious=fictitious,
            printed=self.printed,
        )


def hand_out(
    database: Database,
    office: IssuingOffice,
    version: ResolvedPolicy,
    enterprise_id: str,
    actor: str,
    clock: Clock,
    public_state: PublicState | None = None,
) -> HandedOut:
    """The code of an enterprise that may be printed now.

    Args:
        database: The store.
        office: Who issues its codes.
        version: The policy whose colours the store shows.
        enterprise_id: The enterprise.
        actor: Who prints.
        clock: The time.
        public_state: What the public sees of the result, where the policy grants it the grounds.

    Raises:
        StoreError: The enterprise has no code, its colour is not public, or may not be printed.
    """
    if office.settings.mode_under(version) == "opaque":
        return plate(database, office, enterprise_id, actor, clock)
    # Until the next scoring a code of who is gone is still live.
    with database.read() as connection:
        holder = StoredCodes(connection, day_in_china(clock())).holder(enterprise_id)
        content = live_code(connection, enterprise_id, STICKER)
    if content is None or holder.gone:
        raise StoreError("no_code_for", enterprise_id=enterprise_id)
    if public_state not in (None, "shown"):
        raise StoreError("code_not_public", enterprise_id=enterprise_id)
    handed = replace(sticker_of(office, content), is_person=holder.is_person)
    if handed.claims and not may_print(version, handed.claims.colour):
        raise StoreError("colour_without_ground", enterprise_id=enterprise_id)
    return handed


def plate(
    database: Database, office: IssuingOffice, enterprise_id: str, actor: str, clock: Clock
) -> HandedOut:
    """The plate of an enterprise, which says nothing but where to ask.

    Raises:
        StoreError: The enterprise may have no code.
    """
    plates = issue_plates(database, office, [enterprise_id], actor, clock)
    if enterprise_id not in plates:
        raise StoreError("no_code_for", enterprise_id=enterprise_id)
    day = day_in_china(clock())
    with database.read() as connection:
        is_person = StoredCodes(connection, day).holder(enterprise_id).is_person
    made = plate_of(office, plates[enterprise_id], is_demo=office.is_demo(day))
    return replace(made, is_person=is_person)


def plate_of(office: IssuingOffice, token: bytes, *, is_demo: bool) -> HandedOut:
    """A plate with a random id."""
    printed = Printed(office.settings.host, _issuer(office), is_plain=True, is_demo=is_demo)
    return HandedOut("opaque", encode(office.settings.printed_host, token), None, printed)


def sticker_of(office: IssuingOffice, content: bytes) -> HandedOut:
    """A sticker with a signed code."""
    text = encode(office.settings.printed_host, content)
    code = decode(text)
    claims = code.claims if isinstance(code, SignedCode) else None
    until = day_in_china(datetime.fromtimestamp(claims.expires, UTC)) if claims else None
    is_demo = isinstance(code, SignedCode) and office.is_of_demo(code.envelope.key_id)
    printed = Printed(office.settings.host, _issuer(office), until, is_demo=is_demo)
    return HandedOut("sticker", text, claims, printed)


def _issuer(office: IssuingOffice) -> Mapping[str, str]:
    return area_name(office.settings.issuer)


def may_print(version: ResolvedPolicy, colour: Colour | None) -> bool:
    """Whether a colour may be printed: outside a demonstration a bad one needs a ground that somebody has read."""
    if version.demonstration or colour in (Colour.BLUE, Colour.GREEN, None):
        return True
    return any(PUBLICATION in legal.permits and legal.tag == "found" for legal in version.policy.legal)
