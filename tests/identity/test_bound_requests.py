"""What the server asks for by itself: configured addresses alone, in bounded time and size; and how they are configured."""

from __future__ import annotations

import gzip
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from scoring.errors import InputError
from web.account.providers import bound
from web.account.providers.bound import bind, origin_of, parsed
from web.account.providers.configured import load_providers, provider_names


class Elsewhere(BaseHTTPRequestHandler):
    """A server that does what its paths say."""

    def do_GET(self) -> None:
        """One answer."""
        if self.path == "/drops":
            self.send_response(200)
            self.end_headers()
            for _ in range(40):
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.1)
            return
        if self.path.startswith("/to:"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to:"))
            self.end_headers()
            return
        body = {"/large": b" " * 300_000, "/bomb": gzip.compress(b" " * 50_000_000)}.get(self.path, b"{}")
        self.send_response(200)
        if self.path == "/bomb":
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@contextmanager
def served(context: ssl.SSLContext | None = None) -> Iterator[str]:
    """Its origin."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"{'https' if context else 'http'}://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    """A server that is configured."""
    with served() as address:
        yield address


@pytest.mark.parametrize(
    "form",
    [
        "http://169.254.169.254/latest",
        "http://[::1]:{port}/",
        "http://localhost:{port}/",
        "{origin}0/",
        "{origin}.evil.example/",
        "http://127.0.0.1:{port}@evil.example/",
        "http://evil.example#{origin}/",
        "https://127.0.0.1:{port}/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "{origin}/to:http://169.254.169.254/",
        "{origin}/to:/",
        "{origin}/to:{origin}/",
    ],
)
def test_nothing_but_what_is_configured_is_asked(origin: str, form: str) -> None:
    """No other host, no other spelling of it, no other scheme, and no redirect."""
    address = form.format(origin=origin, port=origin.rsplit(":", 1)[1])
    with bind(requests.Session(), [origin], None) as session, pytest.raises(requests.RequestException):
        session.get(address)


def test_what_is_configured_is_asked(origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever proxy the environment names."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with bind(requests.Session(), [origin], None) as session:
        assert b"{}" == session.get(f"{origin}/").content


@pytest.mark.parametrize("path", ["/large", "/bomb", "/drops"])
def test_an_answer_has_bounds(origin: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of size, unpacked, and of time, however many pieces it comes in."""
    monkeypatch.setattr(bound, "WHOLE", 0.5)
    begun = time.monotonic()
    with bind(requests.Session(), [origin], None) as session, pytest.raises(requests.RequestException):
        session.get(origin + path)
    assert time.monotonic() - begun < 3


def test_few_are_asked_at_once(origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever finds all turns taken is told soon; afterwards there are as many as before."""
    monkeypatch.setattr(bound, "WAITS", 0.05)
    taken = [bound._turns.acquire(timeout=1) for _ in range(bound.MOST_AT_ONCE)]
    try:
        with bind(requests.Session(), [origin], None) as session, pytest.raises(requests.RequestException):
            session.get(f"{origin}/")
    finally:
        for _ in taken:
            bound._turns.release()
    for _ in range(bound.MOST_AT_ONCE + 1):
        with bind(requests.Session(), [origin], None) as session:
            session.get(f"{origin}/")
            with pytest.raises(requests.RequestException):
                session.get(f"{origin}/large")


def test_a_certificate_is_checked(tmp_path: Path) -> None:
    """Of an authority that nobody knows it is refused; of the configured one it is taken."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")]), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file, private = tmp_path / "ca.pem", tmp_path / "key.pem"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, private)
    with served(context) as address:
        with (
            bind(requests.Session(), [address], None) as session,
            pytest.raises(requests.exceptions.SSLError),
        ):
            session.get(f"{address}/")
        with bind(requests.Session(), [address], str(file)) as session:
            assert 200 == session.get(f"{address}/").status_code


def test_an_origin_is_encrypted_or_of_this_machine() -> None:
    """And names nobody."""
    assert "https://a.example" == origin_of("https://a.example/x?y")
    assert "http://[::1]:8" == origin_of("http://[::1]:8/")
    for wrong in (
        "http://a.example",
        "a.example",
        "https://u:p@a.example",
        "https://",
        "ftp://127.0.0.1",
        "",
    ):
        with pytest.raises(ValueError, match="https"):
            origin_of(wrong)


def test_an_answer_is_an_object() -> None:
    """However deep something else is nested."""
    for wrong in (b"", b"7", b"[]", b"null", b"[" * 100_000, b"\xff"):
        with pytest.raises(ValueError):
            parsed(wrong)
    assert {"a": 1} == parsed(b'{"a": 1}')


OIDC = """[[providers]]
id = "sso"
kind = "oidc"
label = { zh = "统一", en = "single" }
issuer = "https://sso.example.gov.cn"
client_id = "sise"
"""
CODES = """[[providers]]
id = "zlb"
kind = "code_exchange"
label = { zh = "浙里办", en = "Zheliban" }
gateway = "https://gw.example.gov.cn"
app_key = "k"
app_id = "1"
token_path = "/t"
identity_path = "/i"
subject = "userId"
"""
SECRETS = {"SISE_PROVIDER_SSO_SECRET": "x", "SISE_PROVIDER_ZLB_SECRET": "y"}
WRONG = {
    "no secret": (OIDC, {}, "secret"),
    "an empty secret": (OIDC + 'secret = ""', {}, "secret"),
    "no issuer": (OIDC.replace('issuer = "https://sso.example.gov.cn"', ""), SECRETS, "issuer"),
    "an open line": (OIDC.replace("https", "http"), SECRETS, "issuer"),
    "a host that is none": (OIDC + 'hosts = ["keys"]', SECRETS, "hosts"),
    "an unknown kind": (OIDC.replace('"oidc"', '"saml"'), SECRETS, "kind"),
    "no kind": (OIDC.replace('kind = "oidc"', ""), SECRETS, "kind"),
    "an unknown key": (OIDC + 'issuers = "x"', SECRETS, "issuers"),
    "an id with a blank": (
        OIDC.replace('"sso"', '"s s o"'),
        {**SECRETS, "SISE_PROVIDER_S S O_SECRET": "x"},
        "id",
    ),
    "an id twice": (OIDC + OIDC, SECRETS, "id"),
    "a role without its values": (OIDC + '[providers.firm]\ncode = "c"\nrole = "r"', SECRETS, "firm"),
    "words for a second factor that has none": (CODES + 'second_factor = ["otp"]', SECRETS, "second_factor"),
    "a path that is none": (CODES.replace('"/t"', '"t"'), SECRETS, "token_path"),
    "no providers": ("x = 1", {}, "providers"),
    "no list": ("providers = 1", {}, "providers"),
}


def clock() -> datetime:
    """The time."""
    return datetime.now(UTC)


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_configuration_is_told_at_the_start(tmp_path: Path, what: str) -> None:
    """With the key that is wrong, and without the secret."""
    text, secrets, where = WRONG[what]
    file = tmp_path / "providers.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    with pytest.raises(InputError, match="providers_") as refused:
        load_providers({"SISE_PROVIDERS": str(file), **secrets}, "http://x", clock)
    assert where in refused.value.zh and where in refused.value.en


def test_nobody_is_asked_at_the_start(tmp_path: Path) -> None:
    """Two providers that are nowhere are configured; without a file there are none."""
    file = tmp_path / "providers.toml"
    file.write_text(OIDC + CODES, encoding="utf-8")
    given = {"SISE_PROVIDERS": str(file), **SECRETS}
    assert ["sso", "zlb"] == [provider.id for provider in load_providers(given, "http://x", clock)]
    assert ("sso", "zlb") == provider_names(given)
    assert ((), None) == (load_providers({}, "http://x", clock), provider_names({}))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_example_of_the_documentation_is_valid(tmp_path: Path, lang: str) -> None:
    """What a page shows can be used as it stands, with the secrets beside it."""
    page = Path(__file__).parents[2] / "docs" / lang / "operate.md"
    text = page.read_text(encoding="utf-8").split('```toml title="providers.toml"\n', 1)[1]
    file = tmp_path / "providers.toml"
    file.write_text(text.split("```", 1)[0], encoding="utf-8")
    given = {"SISE_PROVIDER_SSO_SECRET": "x", "SISE_PROVIDER_ZHELIBAN_SECRET": "y"}
    assert 2 == len(load_providers({"SISE_PROVIDERS": str(file), **given}, "http://x", clock))


def test_a_secret_is_read_by_its_owner_alone(tmp_path: Path) -> None:
    """A file with one is refused where others can read it; what cannot be read is told."""
    file = tmp_path / "providers.toml"
    file.write_text(OIDC + 'secret = "x"', encoding="utf-8")
    file.chmod(0o644)
    with pytest.raises(InputError, match="providers_readable_by_others"):
        load_providers({"SISE_PROVIDERS": str(file)}, "http://x", clock)
    file.chmod(0o600)
    assert 1 == len(load_providers({"SISE_PROVIDERS": str(file)}, "http://x", clock))
    for content in (b"\xff\xfe", b"[[providers", b"x = " + b"[" * 100_000):
        file.write_bytes(content)
        with pytest.raises(InputError, match="providers_unreadable"):
            load_providers({"SISE_PROVIDERS": str(file)}, "http://x", clock)
    with pytest.raises(InputError, match="providers_unreadable"):
        load_providers({"SISE_PROVIDERS": str(tmp_path / "none")}, "http://x", clock)
