"""Checks that every relative link in the documents leads to a file that exists, and every anchor to a heading of it.

Anchors are made as GitHub makes them. Runs in the environment `tools`: `python -m checks.links`.
"""

import re
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from markdown_it import MarkdownIt

from project.settings import ROOT

from .outcome import report

DOCUMENTS = ("*.md", "docs/**/*.md", "bench/*.md", "clients/*/README.md", ".github/**/*.md")
MARKDOWN = MarkdownIt("commonmark").enable("table")
HTML_LINK = re.compile(r"<(?:a|img)\b[^>]*?\b(?:href|src)=[\"']([^\"']*)[\"']", re.IGNORECASE)
HTML_ANCHOR = re.compile(r"<[a-z][^>]*?\s(?:id|name)=[\"']([^\"']+)[\"']", re.IGNORECASE)
NO_PART_OF_AN_ANCHOR = re.compile(r"[^\w\- ]")
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)
# GitHub links to lines of a file that it shows as source.
LINES = re.compile(r"L\d+(C\d+)?(-L\d+(C\d+)?)?")


class Document(NamedTuple):
    """The links of a document that stay in the repository, each with its line, and the anchors that lead into it."""

    links: list[tuple[int, str]]
    anchors: set[str]


def main() -> int:
    """Prints the broken links; the exit code is 1 if there are any."""
    documents = sorted({path for pattern in DOCUMENTS for path in ROOT.glob(pattern)})
    links = [(path, line, target) for path in documents for line, target in _read(path).links]
    broken = [
        f"{path.relative_to(ROOT)}:{line}: ({target}) {fault}"
        for path, line, target in links
        if (fault := _fault(path, target))
    ]
    return report("", broken, f"links: {len(links)} in {len(documents)} documents are valid")


@cache
def _read(path: Path) -> Document:
    definitions: dict[str, Any] = {}
    found, anchors, times = [], set(), Counter[str]()
    tokens = MARKDOWN.parse(path.read_text(encoding="utf-8"), definitions)
    for token, before in zip(tokens, [None, *tokens], strict=False):
        line = token.map[0] + 1 if token.map else 0
        for part in token.children or [token]:
            if part.type in ("softbreak", "hardbreak"):
                line += 1
            elif part.type in ("link_open", "image"):
                found.append((line, str(part.attrs.get("href", part.attrs.get("src")))))
            elif part.type in ("html_inline", "html_block"):
                found += [(line, target) for target in HTML_LINK.findall(part.content)]
                anchors |= set(HTML_ANCHOR.findall(part.content))
        if before and before.type == "heading_open":
            slug = _slug("".join(part.content for part in token.children or []))
            # A repeated heading gets a number.
            anchors.add(f"{slug}-{times[slug]}" if times[slug] else slug)
            times[slug] += 1
    found += [(each["map"][0] + 1, each["href"]) for each in definitions.get("references", {}).values()]
    return Document([(line, target) for line, target in found if not ELSEWHERE.match(target)], anchors)


def _slug(heading: str) -> str:
    """What GitHub makes of a heading: lower case, without punctuation, a hyphen for each space."""
    return NO_PART_OF_AN_ANCHOR.sub("", heading.strip().lower()).replace(" ", "-")


def _fault(path: Path, target: str) -> str:
    """Why a link is broken; empty for a valid link."""
    name, _, anchor = target.partition("#")
    if not name and not anchor:
        return "is empty"
    name = unquote(name)
    # GitHub reads a leading / as the repository.
    to = Path(f"{ROOT}/{name}").resolve() if name.startswith("/") else (path.parent / name).resolve() if name else path
    if not to.is_relative_to(ROOT):
        return "leaves the repository"
    if not _exists(to):
        return "is no file"
    if not anchor:
        return ""
    if to.suffix != ".md":
        return "" if to.is_file() and LINES.fullmatch(anchor) else "has an anchor, but is no document"
    return "" if unquote(anchor) in _read(to).anchors else f"is no heading of {to.relative_to(ROOT)}"


def _exists(path: Path) -> bool:
    """With its case, which some machines ignore and GitHub does not."""
    return path == ROOT or (path.exists() and path in path.parent.iterdir() and _exists(path.parent))


if __name__ == "__main__":
    sys.exit(main())
