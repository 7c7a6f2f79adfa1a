"""Executes one notebook in a kernel of this very Python, as Jupyter would, in the folder of the notebooks."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import jupytext
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter
from nbformat import NotebookNode

HERE = Path(__file__).resolve().parent
NOTEBOOKS = sorted(HERE.glob("[0-9][0-9]_*.py"))
SHARED = HERE.parents[1] / "shared" / "data"
NEEDS_SHARED, OWN, HEADLINE, SKIPPED = "shared", "own", "headline", "skipped"
"""Tags of cells: those that need the real records of Chicago or Beijing, which are not executed where there are none or data
was given; those for given data alone; what a page opens with; and what is not executed this time."""
FOLDED = """{%- extends 'lab/index.html.j2' -%}
{% block input_group %}<details class="folded-code"><summary>代码 · code</summary>{{ super() }}</details>{% endblock input_group %}
"""
"""Pages show figures and sentences; the code is there for who opens it."""
LONGEST, START = 1800, 180
"""Seconds for one cell, and for a kernel to start on a busy machine."""


def execute(
    path: Path, small: bool, out: Path, tell: Callable[[int, int], None] = lambda done, cells: None, shared: Path = SHARED,
    given: Sequence[str] = (), definition: Path | None = None,
) -> NotebookNode:
    """The notebook with its outputs; where a cell fails it ends with that cell's error.

    Args:
        path: A py:percent file.
        small: On small data.
        out: Where the notebook leaves districts, models and simulations.
        tell: Called with the cells done and the cells there are.
        shared: Where real records are.
        given: Data instead of the notebook's own: see ``GIVEN`` in ``place``.
        definition: What is to be learned instead of the notebook's own.
    """
    notebook = jupytext.read(path)
    cells = len(notebook.cells)
    left_out = {OWN} if not given else {NEEDS_SHARED}
    left_out |= set() if shared.is_dir() else {NEEDS_SHARED}
    for cell in notebook.cells:
        if left_out & set(cell.metadata.get("tags", ())):
            cell.metadata["tags"] = [*cell.metadata["tags"], SKIPPED]
    said = {
        "SISE_NOTEBOOK_SIZE": "small" if small else "full", "SISE_NOTEBOOK_OUT": str(out.resolve()), "SISE_SHARED": str(shared),
        "SISE_NOTEBOOK_SOURCES": "\n".join(given), "SISE_NOTEBOOK_DEFINITION": str(definition.resolve()) if definition else "",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",      # a debugger's advice would stand in every notebook
    }
    client = NotebookClient(
        notebook, kernel_name="python3", timeout=LONGEST, startup_timeout=START, extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(HERE)}}, skip_cells_with_tag=SKIPPED,
        on_cell_complete=lambda cell, cell_index: tell(cell_index + 1, cells),
    )
    with suppress(CellExecutionError):  # it stands in the notebook, where `failure` finds it
        client.execute(env={**os.environ, **said})
        tell(cells, cells)  # the last cell is often text, which is no event
    return notebook


def failure(notebook: NotebookNode) -> str | None:
    """The error of the cell that failed, in one line."""
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", ()))
    return next((f"{output.ename}: {output.evalue}" for output in outputs if output.output_type == "error"), None)


def to_html(notebook: NotebookNode, title: str) -> str:
    """The notebook as one HTML page that needs no network: its headline first, code folded, cells that did not run left out."""
    exporter = HTMLExporter(
        template_name="lab", raw_template=FOLDED, require_js_url="", mathjax_url="", jquery_url="", language_code="zh"
    )
    page = NotebookNode(notebook)
    page.metadata["title"] = title
    first, *rest = [cell for cell in page.cells if SKIPPED not in cell.metadata.get("tags", ())]
    opening = [cell for cell in rest if HEADLINE in cell.metadata.get("tags", ())]
    page.cells = [first, *opening, *(cell for cell in rest if cell not in opening)]
    text: str = exporter.from_notebook_node(page)[0]
    return text
