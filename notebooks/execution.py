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
NEEDS_SHARED = "shared"
"""Tag of cells that need real records; they are not executed where there are none."""
LONGEST, START = 1800, 180
"""Seconds for one cell, and for a kernel to start on a busy machine."""


def execute(
    path: Path, small: bool, out: Path, tell: Callable[[int, int], None] = lambda done, cells: None, shared: Path = SHARED,
    given: Sequence[str] = (),
) -> NotebookNode:
    """The notebook with its outputs; where a cell fails it ends with that cell's error.

    Args:
        path: A py:percent file.
        small: On small data.
        out: Where the notebook leaves districts, models and simulations.
        tell: Called with the cells done and the cells there are.
        shared: Where real records are.
        given: Data instead of the notebook's own: see ``GIVEN`` in ``place``.
    """
    notebook = jupytext.read(path)
    cells = len(notebook.cells)
    said = {
        "SISE_NOTEBOOK_SIZE": "small" if small else "full", "SISE_NOTEBOOK_OUT": str(out.resolve()), "SISE_SHARED": str(shared),
        "SISE_NOTEBOOK_SOURCES": "\n".join(given),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",      # a debugger's advice would stand in every notebook
    }
    client = NotebookClient(
        notebook, kernel_name="python3", timeout=LONGEST, startup_timeout=START, extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(HERE)}}, skip_cells_with_tag="" if shared.is_dir() else NEEDS_SHARED,
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
    """The notebook as one HTML page that needs no network."""
    exporter = HTMLExporter(template_name="lab", require_js_url="", mathjax_url="", jquery_url="", language_code="zh")
    notebook.metadata["title"] = title
    text: str = exporter.from_notebook_node(notebook)[0]
    return text
