"""``sise code``: code images."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scoring.administration.credential.face import face_of, page_address
from scoring.administration.credential.render import render_code
from scoring.administration.results.reader import open_results
from scoring.cli import arguments
from scoring.cli.arguments import STORE
from scoring.cli.options import Language, Store, language_of, tell
from scoring.entities import Explanation

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
    # Of an explanation a code shows the colour alone: what is to come need not be computed.
    write_code(open_results(database).explain(enterprise_id, ahead=False), host, file)
    tell(language_of(lang), "code_written", path=file)
    if arguments.is_loopback(host):
        tell(language_of(lang), "loopback_host", host=host)


def write_code(explained: Explanation, host: str, file: Path) -> None:
    """Draws the code image of an enterprise into a file.

    Args:
        explained: The enterprise and its colour.
        host: Where the pages are served: the code holds the address of the enterprise's page there.
        file: The PNG.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    address = page_address(host, explained.score.enterprise_id)
    file.write_bytes(render_code(face_of(explained), address))
