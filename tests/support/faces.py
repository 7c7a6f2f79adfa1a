"""Faces and codes of made-up stickers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from code_authority import CodeAuthority

from scoring.administration.credential.code_address import base32
from scoring.administration.credential.face import Face, Printed
from scoring.administration.credential.sheet import PrintSheet, QrField
from scoring.entities import Colour

PRINTED = Printed("code.example.gov.cn", {"zh": "衢州市", "en": "Quzhou"}, date(2026, 12, 29))
GREEN = Face(
    name="柯城区虚构盛舟农产品加工有限公司",
    enterprise_id="91330802YY0A4HB33B",
    colour=Colour.GREEN,
    label={"zh": "常规抽查", "en": "Ordinary checks"},
    rank=2,
    ranks=4,
    as_of=date(2026, 9, 30),
    policy_title={"zh": "规则", "en": "Rules"},
    demonstration=True,
    printed=PRINTED,
)
PLAIN = replace(GREEN, printed=replace(PRINTED, valid_until=None, is_plain=True))
FACES = {str(colour): replace(GREEN, colour=colour, rank=rank) for rank, colour in enumerate(Colour, 1)}
SIGNED = CodeAuthority().code()
OPAQUE = f"HTTPS://CODE.EXAMPLE.GOV.CN/Q/{base32(bytes(range(16)))}"


def field_of(sheet: PrintSheet) -> QrField:
    """The code of a sheet."""
    (code,) = [item for item in sheet.items if isinstance(item, QrField)]
    return code
