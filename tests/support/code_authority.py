"""An authority for tests that signs codes: its root key, its keys, its trust list, and codes of made-up enterprises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

from scoring.administration.credential.code_claims import COLOURS, DAY, Claims
from scoring.administration.credential.envelope import headers, seal, to_be_signed
from scoring.administration.credential.plain_cbor import dump
from scoring.administration.credential.profile import encode, sign_codes
from scoring.administration.credential.status_list import StatusList, pack_states, status_token
from scoring.administration.keys.algorithms import Algorithm
from scoring.administration.keys.code_keys import FileSigner, key_id_of
from scoring.administration.keys.trust_list import Purpose, TrustedKey, TrustList
from scoring.store.log.note import Signer

HOST = "SISE.EXAMPLE.GOV.CN"
ISSUER = "CN-330802"
NOW = int(datetime(2026, 12, 1, 4, tzinfo=UTC).timestamp())
"""Noon in China."""
ENTERPRISES = ("91330802YYJFBM480Y", "91330802YY1X3UP27J", "91330802YY0A4HB33B")


@dataclass(frozen=True)
class MadeKey:
    """A key of the authority: a private one with what the trust list says of it."""

    signer: FileSigner
    trusted: TrustedKey

    @classmethod
    def of(cls, purpose: Purpose = "codes", algorithm: Algorithm = Algorithm.ED25519, **more: Any) -> MadeKey:
        """A new one."""
        signer = FileSigner.generate(algorithm)
        span = {"district": "330800", "since": date(2026, 6, 1), "until": date(2027, 5, 31)}
        return cls(signer, TrustedKey(algorithm, purpose, signer.public, **{**span, **more}))

    @property
    def cose(self) -> int:
        """COSE number of its algorithm."""
        return self.signer.algorithm.cose

    @property
    def key_id(self) -> bytes:
        """Key id."""
        return key_id_of(self.signer.public)

    def sign(self, messages: Sequence[bytes]) -> list[bytes]:
        """A signature over each message."""
        return self.signer.sign(messages)


@dataclass(frozen=True)
class CodeAuthority:
    """A root key, a key for codes and one for lists."""

    root: Signer = field(default_factory=lambda: Signer.generate("root.example.gov.cn"))
    codes: MadeKey = field(default_factory=MadeKey.of)
    tokens: MadeKey = field(default_factory=lambda: MadeKey.of("tokens"))

    @classmethod
    def of_sm2(cls) -> CodeAuthority:
        """One whose codes are signed by SM2."""
        return cls(codes=MadeKey.of(algorithm=Algorithm.SM2))

    @cached_property
    def trust(self) -> TrustList:
        """The trust list."""
        return self.trusting()

    def trusting(self, *more: TrustedKey, version: int = 1, **of_codes: Any) -> TrustList:
        """The trust list with further keys, and with other words about the key for codes."""
        keys = (replace(self.codes.trusted, **of_codes), self.tokens.trusted, *more)
        return TrustList(self.root.name, version, NOW - DAY, (HOST,), keys)

    def claims(self, **values: Any) -> Claims:
        """What a green code says, with other values."""
        said: dict[str, Any] = {
            "issuer": ISSUER,
            "subject": ENTERPRISES[0],
            "issued": NOW - 10 * DAY,
            "expires": NOW + 80 * DAY,
            "serial": b"serial-1",
            "index": 70_000,
            "colour": COLOURS[1],
            "as_of": date(2026, 11, 20),
            "rules_from": date(2026, 4, 1),
        }
        return Claims(**{**said, **values})

    def code(self, key: MadeKey | None = None, **values: Any) -> str:
        """The text of a code."""
        (content,) = sign_codes([self.claims(**values)], key or self.codes)
        return encode(HOST, content)

    def shown(self, **values: Any) -> str:
        """The text of a code on a screen."""
        blank = {"colour": None, "as_of": None, "rules_from": None, "issued": NOW - 60, "expires": NOW + 3600}
        return self.code(**{**blank, **values})

    def odd(self, claims: Mapping[Any, Any], protected: bytes | None = None) -> str:
        """A code with any claims and any header, well signed."""
        header = headers(self.codes.cose, self.codes.key_id) if protected is None else protected
        payload = dump(claims)
        (signature,) = self.codes.sign([to_be_signed(header, payload)])
        return encode(HOST, seal(header, payload, signature))

    def statuses(self, states: Mapping[int, int] | None = None, age: int = 0, **values: Any) -> StatusList:
        """A status list of some age."""
        said: dict[str, Any] = {
            "issuer": ISSUER,
            "issued": NOW - age,
            "lives": DAY,
            "packed": pack_states(states or {}, 1 << 17),
        }
        return StatusList(**{**said, **values})

    def token(self, statuses: StatusList, key: MadeKey | None = None) -> bytes:
        """The list as a token."""
        return status_token(statuses, f"https://{HOST.lower()}/q/status", key or self.tokens)
