"""What a place of installation decides of its codes: a small file, named by ``SISE_DEPLOYMENT``.

[qr]
host = "code.example.gov.cn"    # where the pages are, as it stands in every code
issuer = "330802"               # division of the authority in whose name codes are issued
mode = "opaque"                 # sticker: codes that say the colour; opaque: plates that say where to ask
sole_traders = false            # whether sole traders have codes
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from scoring.administration.credential.code_address import HOST
from scoring.errors import InputError
from scoring.policy.resolved import ResolvedPolicy

MOST_OF_HOST = 45
"""Letters of a host with which a code, also one by SM2, has QR version 10 at most."""
QrMode = Literal["sticker", "opaque"]


class QrSettings(BaseModel):
    """How codes are made here.

    Attributes:
        host: Where the pages are.
        issuer: Division of the authority in whose name codes are issued.
        mode: Whether codes say the colour; ``None``: under rules of a demonstration they do, else not.
        sole_traders: Whether sole traders have codes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str
    issuer: str = Field(pattern="^[0-9]{6}$")
    mode: QrMode | None = None
    sole_traders: bool = False

    @property
    def printed_host(self) -> str:
        """The host as it stands in a code."""
        return self.host.upper()

    def mode_under(self, version: ResolvedPolicy) -> QrMode:
        """How codes are made under a policy: a colour is shown only where the public is granted it."""
        mode = self.mode or ("sticker" if version.demonstration else "opaque")
        granted = version.policy.audiences.get("public")
        return mode if granted is not None and granted.colour else "opaque"


def read_deployment(file: Path) -> QrSettings:
    """The settings of a file.

    Raises:
        InputError: There is no such file, or it says something else than settings.
    """
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        if set(content) != {"qr"}:
            raise ValueError(f"expected [qr], got {', '.join(content) or 'nothing'}")
        settings = QrSettings.model_validate(content["qr"])
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise InputError(
            "deployment_invalid", place=str(file), reason=f"qr.{place}: {first['msg']}"
        ) from None
    except (OSError, ValueError) as error:
        raise InputError("deployment_invalid", place=str(file), reason=str(error)) from None
    if not HOST.fullmatch(settings.printed_host) or len(settings.host) > MOST_OF_HOST:
        raise InputError("deployment_host", place=str(file), host=settings.host, most=MOST_OF_HOST)
    return settings
