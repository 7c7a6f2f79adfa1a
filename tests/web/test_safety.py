"""Headers, hosts and routes: nothing runs, nothing is framed, nothing writes."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from pathlib import Path

import pytest
from readers import AudienceClient

import web
from scoring.errors import EnvironmentRefusedError, InputError
from web import create_app
from web.security import HEADERS
from web.serve import refuse_taken

VERIFIER_SCRIPT = (
    """<script type="module" src="{{ url_for('static', filename='verify/page.js') }}"></script>"""
)
"""Of the page that verifies offline; without it the page sends a photograph."""


@pytest.mark.parametrize(
    "path", ["/", "/about", "/e/unknown", "/api/e/unknown", "/nowhere", "/healthz", "/static/site.css"]
)
def test_every_answer_has_the_headers(client: AudienceClient, path: str) -> None:
    """Pages, JSON, refusals and assets all carry every header."""
    with client.get(path) as answer:
        assert dict(HEADERS) == {name: answer.headers.get(name) for name in HEADERS}


def test_policy_of_content_allows_no_script() -> None:
    """The content policy starts from nothing and opens styles, images and forms of this site alone."""
    rules = dict(part.strip().split(" ", 1) for part in HEADERS["Content-Security-Policy"].split(";"))
    closed, own = ("default-src", "base-uri", "frame-ancestors"), ("style-src", "img-src", "form-action")
    assert {**dict.fromkeys(closed, "'none'"), **dict.fromkeys(own, "'self'")} == rules


def test_results_are_not_stored(client: AudienceClient, ids: Mapping[str, str]) -> None:
    """A page of a result is never kept by a browser or proxy, and differs by language."""
    headers = client.get(f"/e/{ids['red']}?lang=en").headers
    assert ("no-store", "Accept-Language, Cookie", "en") == (
        headers["Cache-Control"],
        headers["Vary"],
        headers["Content-Language"],
    )


def test_templates_have_no_script_no_inline_style_and_nothing_foreign() -> None:
    """No template or style sheet has a handler, an inline style or an address of another site; one has its own script."""
    folder = Path(web.__file__).parent
    texts = [
        p.read_text(encoding="utf-8").replace(VERIFIER_SCRIPT, "")
        for p in (*folder.glob("templates/**/*.html"), *folder.glob("static/*.css"))
    ]
    found = [re.findall(r"<script|\son\w+=|\sstyle=|javascript:|https?://|url\(", text) for text in texts]
    assert [[]] * len(texts) == found


def test_foreign_hosts_are_refused(public: AudienceClient) -> None:
    """A foreign name that points at this machine (DNS rebinding) reads nothing."""
    assert [400, 200, 200] == [
        public.get("/", headers={"Host": h}).status_code
        for h in ("evil.example", "localhost:8000", "127.0.0.1")
    ]


def test_nothing_writes_but_logging_in(served_store: str) -> None:
    """No route but those of accounts takes anything but reading: none can set a colour."""
    reading = {"GET", "HEAD", "OPTIONS"}
    rules = create_app(served_store).url_map.iter_rules()
    writing = {rule.endpoint for rule in rules if set(rule.methods or ()) - reading}
    accounts = {f"account.{page}" for page in ("log_in", "log_out", "welcome", "provider", "second_factor")}
    casework = {"firm.open_case", "firm.case", "desk.case", "desk.proposal", "desk.record", "desk.window"}
    pictures = {"verify.read", "verify.photo"}
    assert accounts | casework | pictures | {"desk.statements"} == writing


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_writing_is_refused(client: AudienceClient, ids: Mapping[str, str], method: str) -> None:
    """Writing to a page is refused."""
    assert 405 == getattr(client.http, method)(f"/firm/e/{ids['red']}").status_code


def test_no_store_is_told(tmp_path: Path) -> None:
    """Where no store is, the refusal in both languages says how to make one."""
    with pytest.raises(InputError) as refused:
        create_app(str(tmp_path / "none.db"))
    assert (True, True) == ("sise db init" in refused.value.zh, "sise db init" in refused.value.en)


def test_a_taken_port_is_told() -> None:
    """A port that is taken is refused with another to try, before anything is served."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(EnvironmentRefusedError) as refused:
            refuse_taken(port)
    assert (True, True) == (f"端口 {port}" in refused.value.zh, "--port" in refused.value.en)


def test_a_free_port_is_left_free() -> None:
    """Asking for a free port says nothing and leaves it free."""
    with socket.socket() as finder:
        finder.bind(("127.0.0.1", 0))
        port = finder.getsockname()[1]
    refuse_taken(port)
    with socket.socket() as again:
        again.bind(("127.0.0.1", port))
        assert port == again.getsockname()[1]
