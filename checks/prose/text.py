"""The prose of a file: the text of Markdown, the comments and strings of Rust and Python, and all of template.yaml.

Code spans, fenced blocks and link targets are no prose.
"""

import io
import itertools
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt

MARKDOWN = MarkdownIt("commonmark").enable("table")
CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
TARGET = re.compile(r"(?<=\])\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)")
# A comment, or a string; of the latter `text` is what stands between the quotes. A quote may also be a character.
RUST = re.compile(
    r"""//+!?(?P<line>[^\n]*)|/\*(?P<block>.*?)\*/|b?r(?P<hashes>\#*)"(?P<raw>.*?)"(?P=hashes)"""
    r"""|b?"(?P<text>(?:\\.|[^"\\])*)"|b?'(?:\\[^\n']+|[^\\'\n])'""",
    re.DOTALL,
)
CODE_TOKENS = {"COMMENT", "STRING", "FSTRING_MIDDLE"}


def parts(path: Path) -> Iterator[tuple[int, str]]:
    """Pieces of prose, each with its first line; a piece has a line for each line of the file."""
    source = path.read_text(encoding="utf-8")
    match path.suffix:
        case ".md":
            for line, _, block in _blocks(source):
                yield line, TARGET.sub("", CODE_SPAN.sub(_blank, block))
        case ".rs":
            yield 1, _only(source, _rust(source))
        case ".py":
            yield 1, _only(source, _python(source))
        case _:
            yield 1, source


def widths(path: Path) -> Iterator[tuple[int, int]]:
    """The lines of a document's paragraphs that have a space outside code, each with its number of columns."""
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    for first, kind, block in _blocks(source):
        if kind == "paragraph_open":
            for number, prose in enumerate(CODE_SPAN.sub(_mark, block).split("\n"), first):
                if " " in prose.strip():
                    yield number, len(lines[number - 1])


def _blocks(source: str) -> Iterator[tuple[int, str, str]]:
    """The first line, the kind and the text of each paragraph, heading and cell of a document."""
    tokens = MARKDOWN.parse(source)
    for opening, token in itertools.pairwise(tokens):
        if token.type == "inline" and token.map:
            yield token.map[0] + 1, opening.type, token.content


def _rust(source: str) -> Iterator[tuple[int, int]]:
    for match in RUST.finditer(source):
        for group in ("line", "block", "raw", "text"):
            if match[group] is not None:
                yield match.span(group)


def _python(source: str) -> Iterator[tuple[int, int]]:
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if tokenize.tok_name[token.type] in CODE_TOKENS:
            begin, end = (starts[row - 1] + column for row, column in (token.start, token.end))
            # The sign of a comment would stand between the words of an idiom on two lines.
            yield begin + (token.type == tokenize.COMMENT), end


def _only(source: str, spans: Iterator[tuple[int, int]]) -> str:
    """The source with only these spans, less their code; line breaks stay everywhere."""
    blanks = re.sub(r"[^\n]", " ", source)
    kept, at = [], 0
    for begin, end in spans:
        kept += [blanks[at:begin], CODE_SPAN.sub(_blank, source[begin:end])]
        at = end
    return "".join([*kept, blanks[at:]])


def _mark(match: re.Match[str]) -> str:
    """A sign without a space in the place of what matched; line breaks stay."""
    return re.sub(r"[^\n]+", "`", match[0])


def _blank(match: re.Match[str]) -> str:
    """Spaces in the place of what matched."""
    return re.sub(r"[^\n]", " ", match[0])
