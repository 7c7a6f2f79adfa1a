"""Why a code is not taken as valid."""

from __future__ import annotations

from enum import StrEnum


class CodeReason(StrEnum):
    """What a look at a code comes to; each has a sentence of its own (``code_is_<reason>``)."""

    VALID = "valid"
    UNREADABLE = "unreadable"
    WRONG_FORMAT = "wrong_format"
    FOREIGN_HOST = "foreign_host"
    UNKNOWN_KEY = "unknown_key"
    KEY_OUT_OF_DISTRICT = "key_out_of_district"
    KEY_OUT_OF_TIME = "key_out_of_time"
    KEY_WITHDRAWN = "key_withdrawn"
    ALGORITHM_OFFLINE = "algorithm_offline"
    BAD_SIGNATURE = "bad_signature"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"
    UNDER_REVIEW = "under_review"
    STATUS_UNCHECKED = "status_unchecked"
    OPAQUE = "opaque"
    NOT_ISSUED = "not_issued"


class NotACode(Exception):
    """What was read is not byte for byte a code of the strict profile."""

    def __init__(self, reason: CodeReason = CodeReason.WRONG_FORMAT) -> None:
        super().__init__(str(reason))
        self.reason = reason
