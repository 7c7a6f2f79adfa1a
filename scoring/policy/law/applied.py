"""The law that a policy applies: when a decision is final, and how long a record may be used."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache

from scoring.policy.law.finality import FinalityProfile, load_finality
from scoring.policy.law.retention import Instrument, read_instrument


@dataclass(frozen=True)
class Law:
    """A profile of finality with the instruments that it names.

    Attributes:
        finality: When decisions count.
        instruments: What each instrument says on use, deletion and restoration, in order.
        sha256: Hash of all of it, words included.
    """

    finality: FinalityProfile
    instruments: tuple[Instrument, ...]
    sha256: str


@cache
def load_law(profile_id: str) -> Law:
    """The law of a profile that is shipped.

    Raises:
        PolicyError: There is no profile of this id, or a file of it or of its instruments is not
            valid.
    """
    finality = load_finality(profile_id)
    instruments = tuple(map(read_instrument, finality.retention))
    forms = [form.model_dump(mode="json") for form in (finality, *instruments)]
    canonical = json.dumps(forms, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return Law(finality, instruments, hashlib.sha256(canonical.encode()).hexdigest())
