"""Requests of the server: to configured addresses alone, bounded in time, size and number."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from time import monotonic
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

CONNECTS, ANSWERS, WHOLE = 3.0, 5.0, 8.0
"""Seconds to connect, between two pieces of an answer, and for all of it."""
LARGEST = 256 * 1024
"""Bytes of an answer, unpacked."""
MOST_AT_ONCE = 4
"""Requests at the same time: a provider that is slow leaves threads for those who only read."""
WAITS = 0.5
"""Seconds that a further one waits for its turn."""
LOCAL = ("127.0.0.1", "localhost", "::1")
_CHUNK = 16 * 1024
Bound = TypeVar("Bound", bound=requests.Session)
_turns = threading.BoundedSemaphore(MOST_AT_ONCE)


class BoundAdapter(HTTPAdapter):
    """Sends a request and reads its answer within the bounds."""

    def send(self, request: requests.PreparedRequest, *_: Any, **more: Any) -> requests.Response:
        """The answer, read whole.

        Raises:
            requests.RequestException: It takes too long, is too large, or is one too many.
        """
        if not _turns.acquire(timeout=WAITS):
            raise requests.ConnectionError("too many at once")
        try:
            began = monotonic()
            verify = more.get("verify", True)
            answer = super().send(request, stream=True, timeout=(CONNECTS, ANSWERS), verify=verify)
            answer._content = _read(answer, began)
            answer._content_consumed = True  # type: ignore[attr-defined]
            return answer
        finally:
            _turns.release()


def _read(answer: requests.Response, began: float) -> bytes:
    """The whole answer, piece by piece as it comes, so that one that trickles is not waited for."""
    content = bytearray()
    try:
        while piece := answer.raw.read1(_CHUNK, decode_content=True):
            content += piece
            if len(content) > LARGEST or monotonic() - began > WHOLE:
                raise requests.ConnectionError("too large or too slow")
    except HTTPError as error:
        raise requests.ConnectionError(str(error)) from error
    finally:
        answer.close()
    return bytes(content)


def bind(session: Bound, origins: Iterable[str], ca: str | None) -> Bound:
    """A session that reaches some origins and nothing else: by no address, redirect or proxy."""
    session.trust_env = False
    session.max_redirects = 0
    session.verify = ca or True
    session.adapters.clear()
    for origin in origins:
        session.mount(f"{origin}/", BoundAdapter())
    return session


def origin_of(address: str) -> str:
    """Scheme, host and port of an address.

    Raises:
        ValueError: It is none, names somebody (``user@``), or is neither encrypted nor local.
    """
    parts = urlsplit(address)
    is_secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL)
    if not is_secure or not parts.hostname or parts.username is not None or parts.password is not None:
        raise ValueError(f"{address!r} is no https address")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")


def parsed(content: str | bytes) -> dict[str, Any]:
    """An answer that is an object of JSON.

    Raises:
        ValueError: It is none.
    """
    try:
        value = json.loads(content)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(value, dict):
        raise ValueError("no object")
    return value
