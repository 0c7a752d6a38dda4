"""Whether the project's prose keeps to plain English and to one width.

Prose is the text of Markdown, the comments and strings of Rust and Python, and all of template.yaml. Code spans, fenced
blocks and link targets are no prose. idioms.toml has the idioms and the words to use in their place.
"""

import io
import re
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path

from .. import markdown

WIDTH = 120
IDIOMS = tomllib.loads(Path(__file__).with_name("idioms.toml").read_text(encoding="utf-8"))["idioms"]
LONGEST_FIRST = sorted(IDIOMS, key=len, reverse=True)
IDIOM = re.compile(r"\b(?:" + "|".join(map(re.escape, LONGEST_FIRST)).replace(r"\ ", r"\s+") + r")\b", re.IGNORECASE)
TARGET = re.compile(r"(?<=\])\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)")
# What has a width of its own: a table, a heading, a link's definition, HTML.
EXEMPT = re.compile(r"\s*(\||#{1,6}\s|\[[^\]]+\]:\s|<)")
MARKER = re.compile(r"\s*(?:[-*+]|\d+[.)])?\s+")
# A comment, or a string; of the latter `text` is what stands between the quotes. A quote may also be a character.
RUST = re.compile(
    r"""//+!?(?P<line>[^\n]*)|/\*(?P<block>.*?)\*/|b?r(?P<hashes>\#*)"(?P<raw>.*?)"(?P=hashes)"""
    r"""|b?"(?P<text>(?:\\.|[^"\\])*)"|b?'(?:\\[^\n']+|[^\\'\n])'""",
    re.DOTALL,
)
CODE_TOKENS = {"COMMENT", "STRING", "FSTRING_MIDDLE"}


def faults(path: Path) -> Iterator[tuple[int, str]]:
    """The line of each fault of a file, and what to write in its place."""
    yield from _idioms(_prose(path))
    if path.suffix == ".md":
        yield from _too_long(markdown.without_fences(path))


def _idioms(prose: str) -> Iterator[tuple[int, str]]:
    for match in IDIOM.finditer(prose):
        idiom = " ".join(match[0].lower().split())
        yield prose.count("\n", 0, match.start()) + 1, f"{idiom!r}: write {IDIOMS[idiom]}"


def _too_long(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > WIDTH and not EXEMPT.match(line) and _can_be_broken(line):
            yield number, f"{len(line)} columns: break the line at {WIDTH}"


def _can_be_broken(line: str) -> bool:
    """Whether it has a space that is neither behind a list's marker nor inside code, where a break would show."""
    begin = MARKER.match(line)
    return " " in markdown.CODE_SPAN.sub("`", line[begin.end() if begin else 0 :].rstrip())


def _prose(path: Path) -> str:
    """A file with everything but its prose blanked, so that lines keep their numbers."""
    text = path.read_text(encoding="utf-8")
    match path.suffix:
        case ".md":
            return TARGET.sub(markdown.blank, markdown.prose(path))
        case ".rs":
            return _kept(text, _rust(text))
        case ".py":
            return _kept(text, _python(text))
        case _:
            return text


def _rust(text: str) -> Iterator[tuple[int, int]]:
    for match in RUST.finditer(text):
        for group in ("line", "block", "raw", "text"):
            if match[group] is not None:
                yield match.span(group)


def _python(text: str) -> Iterator[tuple[int, int]]:
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if tokenize.tok_name[token.type] in CODE_TOKENS:
            begin, end = (starts[row - 1] + column for row, column in (token.start, token.end))
            # The sign of a comment would stand between the words of an idiom on two lines.
            yield begin + (token.type == tokenize.COMMENT), end


def _kept(text: str, spans: Iterator[tuple[int, int]]) -> str:
    """The text with only these spans, less their code; line breaks stay everywhere."""
    blanks = re.sub(r"[^\n]", " ", text)
    parts, at = [], 0
    for begin, end in spans:
        parts += [blanks[at:begin], markdown.CODE_SPAN.sub(markdown.blank, text[begin:end])]
        at = end
    return "".join([*parts, blanks[at:]])
