"""Pieces of SVG as text.

Attributes alone, no style sheet and no script: the strictest content policy shows them.
"""

from __future__ import annotations

from html import escape

FONT = "'Noto Sans SC', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', system-ui, sans-serif"


def tag(name: str, content: str = "", /, **attributes: object) -> str:
    """One element; ``_`` in names of attributes becomes ``-``, and content is SVG already."""
    written = ""
    for attribute, value in attributes.items():
        written += f' {attribute.strip("_").replace("_", "-")}="{escape(_plain(value))}"'
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def words(text: str, x: float, y: float, size: float = 14, /, **attributes: object) -> str:
    """A line of text, escaped."""
    return tag("text", escape(text), x=x, y=y, font_size=size, **attributes)


def picture(
    width: float, height: float, title: str, description: str, parts: list[str], key: str = "", **more: object
) -> str:
    """A whole picture on white with a title and a description for whoever does not see it.

    Args:
        width: Its width.
        height: Its height.
        title: What it shows.
        description: What there is to see.
        parts: What is drawn, in order.
        key: What its ids begin with, so that several pictures stand on one page.
        more: Further attributes.
    """
    descriptions = [
        tag("title", escape(title), id=f"{key}t"),
        tag("desc", escape(description), id=f"{key}d"),
    ]
    ground = tag("rect", width=width, height=height, fill="#ffffff")
    drawn = tag(
        "svg",
        "\n".join([*descriptions, ground, *parts]),
        xmlns="http://www.w3.org/2000/svg",
        width=width,
        height=height,
        viewBox=f"0 0 {_plain(width)} {_plain(height)}",
        role="img",
        aria_labelledby=f"{key}t {key}d",
        font_family=FONT,
        fill="#1b1f24",
        **more,
    )
    return drawn + "\n"


def breadth(text: str, size: float) -> float:
    """About how wide a text is: Chinese characters take a square, others about half of one."""
    # From U+2E80 on Unicode has the East Asian blocks.
    return sum(size if ord(letter) > 0x2E80 else size * 0.56 for letter in text)


def _plain(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
