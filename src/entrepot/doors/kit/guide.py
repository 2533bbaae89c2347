"""The guide for developers of malls: the very files of docs/, as pages of the instance, in both languages."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import engines
from django.urls import reverse
from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_lazy
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

DOCS = Path(__file__).resolve().parents[4] / "docs"
_CODE = """{% load kit %}<div class="guide-code"><pre tabindex="0"><code>{{ text }}</code></pre>{% copy copied %}</div>
"""
_CHINESE, _ENGLISH = "zh-hans", "en"
# Files of the repository that an instance serves under an address of its own.
_SERVED = {"reference/openapi.json": "/api/v1/openapi.json"}


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A page of the guide: its file in each language, and of some files only the sections named."""

    slug: str
    label: Any
    chinese: str
    english: str
    sections: tuple[str, ...] = ()

    def file(self, language: str) -> str:
        """Return the file of a language, as its path in docs/."""
        return self.english if language == _ENGLISH else self.chinese


PAPERS = (
    Paper(
        slug="",
        label=gettext_lazy("Step by step"),
        chinese="how-to/connect-a-mall.zh.md",
        english="how-to/connect-a-mall.md",
    ),
    Paper(
        slug="reference",
        label=gettext_lazy("Signing and rules"),
        chinese="reference/api.zh.md",
        english="reference/api.md",
    ),
    Paper(
        slug="clients",
        label=gettext_lazy("Clients in PHP and Node"),
        chinese="reference/api.md",
        english="reference/api.md",
        sections=("PHP", "Node"),
    ),
    Paper(
        slug="callbacks",
        label=gettext_lazy("Receive callbacks"),
        chinese="how-to/receive-callbacks.zh.md",
        english="how-to/receive-callbacks.md",
    ),
    Paper(
        slug="conformance",
        label=gettext_lazy("Sandbox and conformance"),
        chinese="reference/conformance.zh.md",
        english="reference/conformance.md",
    ),
    Paper(
        slug="python",
        label=gettext_lazy("Client in Python"),
        chinese="reference/sdk.md",
        english="reference/sdk.md",
    ),
)


@dataclass(frozen=True)
class Chapter:
    """A heading of the second level, with the anchor it has."""

    anchor: str
    title: str


@dataclass(frozen=True)
class Text:
    """A file as HTML, with its title and its chapters."""

    title: str
    html: SafeString
    chapters: tuple[Chapter, ...]


def address_of(paper: Paper, *, language: str) -> str:
    """Return the address of a page of the guide in a language."""
    name = "kit:guide-en" if language == _ENGLISH else "kit:guide"
    return reverse(f"{name}-page", args=[paper.slug]) if paper.slug else reverse(name)


def guide_address(slug: str = "") -> str:
    """Return the address of a page of the guide in the language that is spoken now."""
    paper = next(one for one in PAPERS if one.slug == slug)
    return address_of(paper, language=_ENGLISH if get_language() == _ENGLISH else _CHINESE)


@require_safe
def guide(request: HttpRequest, *, slug: str = "", language: str = _CHINESE) -> HttpResponse:
    """Show a page of the guide. Its address names the language, so that a link to it says what is meant."""
    paper = next((one for one in PAPERS if one.slug == slug), None)
    if paper is None:
        raise Http404
    with translation.override(language):
        other = _CHINESE if language == _ENGLISH else _ENGLISH
        text = text_of(paper, language=language)
        context = {
            "title": text.title,
            "text": text,
            "text_language": _ENGLISH if not paper.file(language).endswith(".zh.md") else "zh-Hans",
            "papers": [(one.label, address_of(one, language=language), one is paper) for one in PAPERS],
            "other_language": "zh-Hans" if other == _CHINESE else _ENGLISH,
            "other_url": address_of(paper, language=other),
            "party": None,
        }
        answer = render(request, "kit/guide.html", context)
        answer["Content-Language"] = language
        return answer


@lru_cache(maxsize=32)
def text_of(paper: Paper, *, language: str) -> Text:
    """Return a page's file as HTML; read once, for a new version of the files comes with a new start."""
    file = paper.file(language)
    markdown = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table")
    tokens = markdown.parse((DOCS / file).read_text(encoding="utf-8"))
    title, tokens = _title_off(tokens)
    if paper.sections:
        title, tokens = str(paper.label), _only(tokens, paper.sections)
    chapters = _anchored(tokens)
    with translation.override(language):
        html = markdown.renderer.render(tokens, markdown.options, {"file": file, "language": language})
    return Text(title, mark_safe(html), tuple(chapters))  # noqa: S308 - files of ours, and no HTML in them is taken over


def _title_off(tokens: list[Token]) -> tuple[str, list[Token]]:
    """Return the title and what follows it, without the line that leads to the other language."""
    rest = tokens[3:]
    if rest and rest[0].type == "paragraph_open" and rest[1].content.startswith(("**English**", "[English]")):
        rest = rest[3:]
    return tokens[1].content, rest


def _only(tokens: Sequence[Token], wanted: Sequence[str]) -> list[Token]:
    kept: list[Token] = []
    takes = False
    for at, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h2":
            takes = tokens[at + 1].content in wanted
        if takes:
            kept.append(token)
    return kept


def _anchored(tokens: Sequence[Token]) -> list[Chapter]:
    """Give each heading its anchor, the one the repository's pages have, and return the chapters."""
    found: list[Chapter] = []
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            words = "".join(part.content for part in tokens[at + 1].children or ())
            anchor = anchor_of(words)
            token.attrSet("id", anchor)
            if token.tag == "h2":
                found.append(Chapter(anchor, words))
    return found


def anchor_of(words: str) -> str:
    """Return the anchor of a heading: small letters and figures of any script, hyphens for spaces."""
    return re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", words.lower()).strip())


class _Renderer(RendererHTML):
    """Code that can be copied, tables that scroll by themselves, links that lead to pages of the guide."""

    def fence(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return _code(tokens[idx].content)

    def code_block(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return _code(tokens[idx].content)

    def softbreak(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        around = (tokens[idx - 1].content[-1:], tokens[idx + 1].content[:1] if idx + 1 < len(tokens) else "")
        # Chinese has no space where a line of the file ends.
        return "" if all(sign > "\u2e7f" for sign in around) else "\n"

    def table_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return '<div class="guide-table" tabindex="0"><table>'

    def table_close(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return "</table></div>"

    def link_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        address = link_of(str(tokens[idx].attrGet("href") or ""), file=env["file"], language=env["language"])
        return format_html('<a href="{}">', address) if address else "<span>"

    def link_close(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        opening = next(token for token in reversed(tokens[:idx]) if token.type == "link_open")
        address = link_of(str(opening.attrGet("href") or ""), file=env["file"], language=env["language"])
        return "</a>" if address else "</span>"


def _code(text: str) -> str:
    drawn = engines["django"].from_string(_CODE)
    return str(drawn.render({"text": text, "copied": text.rstrip("\n")}))


def link_of(target: str, *, file: str, language: str) -> str:
    """Return where a link of a file leads in the guide, empty when an instance does not serve it.

    A file in the other language leads to the page in the reader's own when there is one.
    """
    if target.startswith(("https://", "http://", "#")):
        return target
    path, _, anchor = target.partition("#")
    parts: list[str] = []
    for part in (*PurePosixPath(file).parent.parts, *PurePosixPath(path).parts):
        if part != "..":
            parts.append(part)
        elif parts:
            parts.pop()
    wanted = "/".join(parts)
    if wanted in _SERVED:
        return _SERVED[wanted]
    papers = [one for one in PAPERS if one.file(language) == wanted]
    named = [one for one in papers if anchor in {anchor_of(section) for section in one.sections}]
    whole = [one for one in papers if not one.sections]
    for one in (*whole, *named):
        return address_of(one, language=language) + (f"#{anchor}" if anchor else "")
    return ""
