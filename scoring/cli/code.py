"""``sise code``: code images."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scoring.administration.credential import face_of, page_address, public_face, render_code
from scoring.administration.results.current import CurrentResults
from scoring.administration.results.reader import open_results
from scoring.cli import arguments
from scoring.cli.arguments import STORE
from scoring.cli.options import Language, Store, language_of, tell, today

code_app = typer.Typer(no_args_is_help=True, help="四色码 · Code images")


@code_app.command("render")
def code_render(
    enterprise_id: Annotated[str, typer.Argument(metavar="ID")],
    file: Annotated[Path, typer.Option("--out", help="PNG")],
    database: Store = STORE,
    host: Annotated[
        str, typer.Option(help="页面地址前缀 · where the pages are served")
    ] = "http://127.0.0.1:8000",
    lang: Language = None,
) -> None:
    """绘制四色码 · Draw the code image of one enterprise."""
    write_code(open_results(database), enterprise_id, host, file)
    tell(language_of(lang), "code_written", path=file)
    if arguments.is_loopback(host):
        tell(language_of(lang), "loopback_host", host=host)


def write_code(results: CurrentResults, enterprise_id: str, host: str, file: Path) -> None:
    """Draws the code image of an enterprise into a file.

    A code hangs where everybody reads it: where the policy grants the public the grounds of a result, the
    code says what the public sees.

    Args:
        results: The results of the store.
        enterprise_id: The enterprise.
        host: Where the pages are served: the code holds the address of the enterprise's page there.
        file: The PNG.
    """
    granted = results.version.policy.audiences.get("public")
    if granted and granted.grounds:
        score, shown = results.score(enterprise_id), results.public(enterprise_id, today())
        face = public_face(score, shown, results.version, as_of=results.as_of, fictitious=results.fictitious)
    else:
        # Of an explanation a code shows the colour alone: what is to come need not be computed.
        face = face_of(results.explain(enterprise_id, ahead=False))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(render_code(face, page_address(host, enterprise_id)))
