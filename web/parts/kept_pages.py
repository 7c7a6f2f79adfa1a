"""Pages of enterprises that are made once: the view in the store, the rendered body in the process.

Who is logged in, the token of a form and everything else of one request stays outside of what is kept.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import g, request
from markupsafe import Markup

import scoring
from scoring.administration.results.current import CurrentResults
from scoring.administration.results.page_views import PageReader, PageView, PageViews
from scoring.store.tables.database import Database
from scoring.store.tables.kept_views import Family
from web.parts.view import AudienceName

MOST_BODIES, MOST_CHARACTERS = 2_000, 16 << 20
"""Bodies that a process keeps, and how long they may be together; those not read for longest go first."""
_OF_PROGRAMME = frozenset({".py", ".toml", ".json", ".html"})


@dataclass(frozen=True)
class Body:
    """The main part of a page as it was rendered.

    Attributes:
        html: The part.
        frame: What the head and the foot of the page name of it.
        state: The state that it was made of.
        family: Whose facts it tells.
    """

    html: Markup
    frame: Mapping[str, Any]
    state: str
    family: Family


class KeptPages:
    """The pages of enterprises that are kept; threads may share it.

    Args:
        database: The store.
    """

    def __init__(self, database: Database) -> None:
        self._views = PageViews(database, edition())
        self._bodies: OrderedDict[Hashable, Body] = OrderedDict()
        self._characters, self._lock = 0, threading.Lock()

    def view(self, read: CurrentResults, reader: PageReader, make: Callable[[], dict[str, Any]]) -> PageView:
        """What a page shows."""
        return self._views.view(read, reader, make)

    def body(self, read: CurrentResults, reader: PageReader, make: Callable[[], Body]) -> Body:
        """The body of a page in the language of this request, that was made before if nothing has changed since."""
        # Links keep an explicit choice of language, and lead to the rooms of one audience.
        key = (read.version.policy.id, reader, request.blueprint, g.lang, request.args.get("lang"))
        known = self._kept(key)
        if known is not None and self._views.state(read, reader, known.family) == known.state:
            return known
        made = make()
        self._put(key, made)
        return made

    def public_body(self, read: CurrentResults, look: Hashable, make: Callable[[str], Body]) -> Body:
        """The body of a page of the public in the language of this request, made since the last entry of the log.

        It is made anew with every entry, whosever facts that is about: were it made anew with those of its own
        enterprise alone, a page that is slower for once would tell that something has changed which it withholds.

        Args:
            read: The results.
            look: Whose page it is, and what else it says.
            make: Makes it, of a state.
        """
        rules = (read.version.rules_sha256, read.as_of, read.fictitious)
        key = ("public", rules, look, g.today, g.lang, request.args.get("lang"))
        known, state = self._kept(key), str(read.last_entry)
        if known is not None and known.state == state:
            return known
        made = make(state)
        self._put(key, made)
        return made

    def _kept(self, key: Hashable) -> Body | None:
        """What is kept under a key, which was just read."""
        with self._lock:
            if key in self._bodies:
                self._bodies.move_to_end(key)
            return self._bodies.get(key)

    def _put(self, key: Hashable, body: Body) -> None:
        with self._lock:
            before = self._bodies.pop(key, None)
            self._characters += len(body.html) - (len(before.html) if before else 0)
            self._bodies[key] = body
            while len(self._bodies) > MOST_BODIES or self._characters > MOST_CHARACTERS:
                _, oldest = self._bodies.popitem(last=False)
                self._characters -= len(oldest.html)


def page_reader(enterprise_id: str, audience: AudienceName) -> PageReader:
    """Who reads a page in this request."""
    viewer, department = g.look.viewer, g.get("department")
    offices = " ".join(sorted(viewer.authorities))
    own = "" if department is None else f"{sorted(department.codes)} {sorted(department.fields)}"
    return PageReader(enterprise_id, f"{audience}|{viewer.own}|{offices}|{own}", g.today)


@cache
def edition() -> str:
    """What this programme is: all of its code, its words and its templates."""
    digest = sha256()
    for root in (Path(str(scoring.__file__)).parent, Path(__file__).parents[1]):
        for path in sorted(root.rglob("*")):
            if path.suffix in _OF_PROGRAMME:
                digest.update(path.relative_to(root).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
