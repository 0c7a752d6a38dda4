"""Checks that every relative link in the documents leads to a file that exists, and every anchor to a heading of it.

Anchors are made as GitHub makes them. Standard library only: `python3 -m local.check_links`.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

from . import markdown
from .settings import ROOT

DOCUMENTS = ("*.md", "docs/**/*.md", "bench/*.md", "clients/*/README.md", ".github/**/*.md")
# [text](target), [text](<target> "title"); an image is the same behind a !.
INLINE = re.compile(r"\]\(\s*(<[^>\n]*>|[^\s()]*(?:\([^\s()]*\)[^\s()]*)*)(?:\s+(?:\"[^\"]*\"|'[^']*'))?\s*\)")
# [name]: target
DEFINITION = re.compile(r"^ {0,3}\[[^\]\n]+\]:\s*(<[^>\n]*>|\S+)", re.MULTILINE)
HTML_LINK = re.compile(r"<(?:a|img)\b[^>]*?\b(?:href|src)=[\"']([^\"']*)[\"']", re.IGNORECASE)
HTML_ANCHOR = re.compile(r"<[a-z][^>]*?\s(?:id|name)=[\"']([^\"']+)[\"']", re.IGNORECASE)
HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$")
LINKED_TEXT = re.compile(r"!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])")
EMPHASIS = re.compile(r"(?<!\w)(_{1,3})(?=\S)(.+?)(?<=\S)\1(?!\w)")
NO_PART_OF_AN_ANCHOR = re.compile(r"[^\w\- ]")
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)
# GitHub links to lines of a file that it shows as source.
LINES = re.compile(r"L\d+(C\d+)?(-L\d+(C\d+)?)?")


def main() -> int:
    """Prints the broken links; the exit code is 1 if there are any."""
    documents = sorted({path for pattern in DOCUMENTS for path in ROOT.glob(pattern)})
    links = [(path, line, target) for path in documents for line, target in _links(path)]
    broken = [(path, line, target, why) for path, line, target in links if (why := _fault(path, target))]
    for path, line, target, why in broken:
        print(f"{path.relative_to(ROOT)}:{line}: ({target}) {why}", file=sys.stderr)
    if not broken:
        print(f"links: {len(links)} in {len(documents)} documents are valid")
    return 1 if broken else 0


def _links(path: Path) -> Iterator[tuple[int, str]]:
    """The line and the target of each link that stays in the repository."""
    text = markdown.prose(path)
    for pattern in (INLINE, DEFINITION, HTML_LINK):
        for match in pattern.finditer(text):
            target = match[1].removeprefix("<").removesuffix(">")
            if not ELSEWHERE.match(target):
                yield text.count("\n", 0, match.start()) + 1, target


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
    return "" if unquote(anchor) in _anchors(to) else f"is no heading of {to.relative_to(ROOT)}"


def _exists(path: Path) -> bool:
    """With its case, which some machines ignore and GitHub does not."""
    return path == ROOT or (path.exists() and path in path.parent.iterdir() and _exists(path.parent))


@cache
def _anchors(path: Path) -> frozenset[str]:
    """The anchors of a document: its headings in GitHub's spelling, repeated ones with a number, and those in HTML."""
    text = markdown.without_fences(path)
    anchors, times = set(HTML_ANCHOR.findall(text)), Counter[str]()
    for line in text.splitlines():
        if heading := HEADING.match(line):
            slug = _slug(heading[1])
            anchors.add(f"{slug}-{times[slug]}" if times[slug] else slug)
            times[slug] += 1
    return frozenset(anchors)


def _slug(heading: str) -> str:
    """What GitHub makes of a heading: lower case, without markup and punctuation, a hyphen for each space."""
    # Underscores between words of code stay; those of emphasis are markup.
    parts = re.split(r"`+([^`]*)`+", LINKED_TEXT.sub(r"\1", heading))
    shown = "".join(part if at % 2 else EMPHASIS.sub(r"\2", part) for at, part in enumerate(parts))
    return NO_PART_OF_AN_ANCHOR.sub("", shown.strip().lower()).replace(" ", "-")


if __name__ == "__main__":
    sys.exit(main())
