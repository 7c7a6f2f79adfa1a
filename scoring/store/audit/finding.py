"""What the audit found: which row, and what was done to it."""

from __future__ import annotations

from dataclasses import dataclass

from scoring.entities import Lang

WORDS = {
    "changed": ("{table} {key}：内容与摘要不符，被改动过", "{table} {key}: does not match its digest, it was changed"),
    "removed": (
        "{table} {key}：日志第 {more} 条写入过，现已不在，被删除",
        "{table} {key}: entry {more} of the log brought it, it was removed",
    ),
    "inserted": (
        "{table} {key}：日志第 {more} 条没有写入过它，是插入的",
        "{table} {key}: entry {more} of the log did not bring it, it was inserted",
    ),
    "rewritten": (
        "{table} {key}：这些行中有的连同摘要一起被改写或调换，与日志第 {more} 条的根不符",
        "{table} {key}: of these rows some were rewritten with their digests or moved, they do not give the root in entry {more}",
    ),
    "projection": ("{table} {key}：与由事实推出的不符", "{table} {key}: is not what follows from the facts"),
    "older": (
        "日志只有 {key} 条，已公布的检查点有 {more} 条：恢复了较旧的备份，或末尾被删除",
        "the log has {key} entries, the published checkpoint {more}: an older backup was restored, or its end was removed",
    ),
    "forked": (
        "检查点（{key} 条）的根与日志不符：检查点公布之后，其中的历史被改写",
        "the root of the checkpoint of {key} entries is not the log's: the past was rewritten after it had been published",
    ),
}


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that is not as it was recorded.

    Attributes:
        what: A key of ``WORDS``.
        table: The table; empty for the log as a whole.
        key: The row's key, or ``first–last`` of several.
        more: What else the sentence says.
    """

    what: str
    table: str
    key: str
    more: str = ""

    def text(self, lang: Lang) -> str:
        """The sentence in ``zh`` or ``en``."""
        return WORDS[self.what][lang == "en"].format(table=self.table, key=self.key, more=self.more)
