"""Who issues codes for a store: the key of codes of the day, in the name of the authority of the deployment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from scoring.administration.credential.code_claims import (
    DAY,
    LONGEST_SHOWN,
    SERIAL_BYTES,
    Claims,
    is_uscc,
)
from scoring.administration.credential.deployment import QrSettings, read_deployment
from scoring.administration.credential.profile import sign_codes
from scoring.administration.keys.key_store import KeyStore, StoredCodeKey
from scoring.administration.keys.trust_list import TrustList
from scoring.entities import Colour
from scoring.entities.areas import prefix_of
from scoring.errors import InputError
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.log.sealing import new_salts
from scoring.store.tables.code_desk import CodeTicket, SealedCode
from scoring.store.tables.database import Database

KEYS, DEPLOYMENT = "SISE_KEYS", "SISE_DEPLOYMENT"
"""Environment variables: the folder of keys, and the file of the deployment."""
VALID_DAYS = {Colour.BLUE: 90, Colour.GREEN: 90, Colour.YELLOW: 30, Colour.RED: 30}
"""For how long a sticker is valid; an expired one is no red one, but one that says: ask online."""


@dataclass(frozen=True)
class StoredCodeDesk:
    """Signs codes on one day by a key of a folder.

    Attributes:
        issuer: ``CN-`` and the division of the authority.
        key: The key.
        leaving: Ids of keys whose codes are to be signed anew.
    """

    issuer: str
    key: StoredCodeKey
    leaving: frozenset[str] = frozenset()

    @property
    def key_id(self) -> str:
        """Id of the key that signs, in hexadecimal."""
        return self.key.registered.id

    def accepts(self, enterprise_id: str) -> bool:
        """Whether a code can name an enterprise."""
        return is_uscc(enterprise_id)

    def sign(self, tickets: Sequence[CodeTicket]) -> list[SealedCode]:
        """A code for each ticket, in order."""
        serials = new_salts(len(tickets), SERIAL_BYTES)
        claims = [self._claims(*drawn) for drawn in zip(tickets, serials, strict=True)]
        signed = zip(claims, sign_codes(claims, self.key), strict=True)
        return [SealedCode(said.serial.hex(), said.expires, content) for said, content in signed]

    def _claims(self, ticket: CodeTicket, serial: bytes) -> Claims:
        colour = Colour(ticket.colour) if ticket.colour else None
        lives = VALID_DAYS[colour] * DAY if colour else LONGEST_SHOWN
        return Claims(
            issuer=self.issuer,
            subject=ticket.enterprise_id,
            issued=ticket.issued_at,
            expires=ticket.issued_at + lives,
            serial=serial,
            index=ticket.status_index,
            colour=colour,
            as_of=ticket.as_of,
            rules_from=ticket.rules_from,
        )


@dataclass
class IssuingOffice:
    """Issues codes for a store, by the keys of a folder and the settings of a deployment.

    Attributes:
        settings: The settings.
        keys: The folder of keys.
    """

    settings: QrSettings
    keys: KeyStore
    _kept: tuple[object, StoredCodeDesk | None] | None = field(default=None, repr=False)
    _trusted: tuple[object, TrustList] | None = field(default=None, repr=False)

    @property
    def area(self) -> str:
        """What the ids of areas begin with for whose enterprises it issues."""
        return prefix_of(self.settings.issuer) or self.settings.issuer

    @property
    def issuer(self) -> str:
        """The issuer as codes name it."""
        return f"CN-{self.settings.issuer}"

    @property
    def with_sole_traders(self) -> bool:
        """Whether sole traders have codes."""
        return self.settings.sole_traders

    def shows_colours(self, version: ResolvedPolicy) -> bool:
        """Whether it issues stickers with the colours of a policy."""
        return self.settings.mode_under(version) == "sticker"

    def desk(self, day: date) -> StoredCodeDesk | None:
        """Who signs on a day; ``None``: no key does.

        Raises:
            InputError: The key of the day does not hold in the division of the issuer.
        """
        # Read again where the register changed: a server that runs for months takes up the next key.
        mark = (day, self.keys.changed_at())
        if self._kept is None or self._kept[0] != mark:
            self._kept = (mark, self._desk(day))
        return self._kept[1]

    def is_demo(self, day: date) -> bool:
        """Whether the key of the day is a demonstration's."""
        key = self.keys.register().signing("codes", day)
        return key is not None and key.demo

    def is_of_demo(self, key_id: bytes) -> bool:
        """Whether a key is a demonstration's."""
        return any(key.id == key_id.hex() and key.demo for key in self.keys.register().keys)

    def trust(self, day: date) -> TrustList:
        """Whom the pages trust on a day: the folder of keys itself, not a list that was made of it before."""
        mark = (day, self.keys.changed_at())
        if self._trusted is None or self._trusted[0] != mark:
            self._trusted = (mark, self.keys.own_trust([self.settings.printed_host], day))
        return self._trusted[1]

    def _desk(self, day: date) -> StoredCodeDesk | None:
        key = self.keys.code_key("codes", day)
        if key is None:
            return None
        district = key.registered.district
        if not self.settings.issuer.startswith(prefix_of(district) or district):
            raise InputError(
                "key_not_of_issuer", key=key.registered.id, district=district, issuer=self.issuer
            )
        return StoredCodeDesk(self.issuer, key, self.keys.leaving())


def attach_keys(database: Database, environment: Mapping[str, str], day: date) -> None:
    """Has a database sign its entries and issue codes, as the environment says.

    Args:
        database: The database.
        environment: With ``SISE_KEYS`` and ``SISE_DEPLOYMENT``, or without.
        day: The day.

    Raises:
        InputError: A key or the deployment cannot be used.
    """
    folder = environment.get(KEYS)
    if not folder:
        return
    keys = KeyStore(Path(folder))
    database.signer = keys.note_signer("entries", day)
    if file := environment.get(DEPLOYMENT):
        database.codes = IssuingOffice(read_deployment(Path(file)), keys)
