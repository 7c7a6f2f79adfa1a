"""Settings of Sphinx for both trees; ``docs.site`` gives the language and the folder of pages."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.search.zh import SearchChinese

project = "四色 Sise"
author = "Sise"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
templates_path = ["templates"]
html_theme = "furo"
html_title = project
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_theme_options = {"navigation_with_keys": True}
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "languages.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
myst_heading_anchors = 3
nitpicky = True
smartquotes = False  # a command must stay as it is typed

# Chinese has no blanks between words: what is written is indexed, and what is asked cut, two characters at a time.
_PAIRS_IN_BROWSER = """
function splitQuery(query) {
  const words = query.match(/[a-zA-Z0-9_]+/g) || [];
  for (const run of query.match(/[\\u4e00-\\u9fff]+/g) || []) {
    if (run.length === 1) words.push(run);
    for (let i = 0; i + 2 <= run.length; i++) words.push(run.slice(i, i + 2));
  }
  return words;
}
"""


class SearchByPairs(SearchChinese):
    """Search in Chinese text without a dictionary."""

    language_name = "English"  # Sphinx names the stemmer in the browser after it, and that is the English one
    js_splitter_code = _PAIRS_IN_BROWSER

    def split(self, input: str) -> list[str]:
        """The Latin words of a text, and every two Chinese characters that stand side by side."""
        words = super().split(input)
        for run in re.findall(r"[\u4e00-\u9fff]+", input):
            words += [run[start : start + 2] for start in range(len(run) - 1)] or [run]
        return words


def join_chinese_lines(app: Sphinx, doctree: nodes.document) -> None:
    """Joins lines that break between two Chinese characters: a browser would put a blank there."""
    for text in list(doctree.findall(nodes.Text)):
        parent = text.parent
        index = parent.index(text)
        if text != "\n" or not 0 < index < len(parent) - 1:
            continue
        around = parent[index - 1].astext()[-1:] + parent[index + 1].astext()[:1]
        if re.fullmatch(r"[\u2014-\u201d\u3000-\u9fff\uff00-\uffef]{2}", around):
            parent.remove(text)


def setup(app: Sphinx) -> dict[str, Any]:
    """What Sphinx calls first."""
    app.add_search_language(SearchByPairs)
    app.connect("doctree-read", join_chinese_lines)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
