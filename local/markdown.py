"""Markdown as the checks of the documents read it: without its code and its comments. Standard library only."""

import re
from functools import cache
from pathlib import Path

FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def prose(path: Path) -> str:
    """The document with its code and its comments blanked, so that lines and columns keep their numbers."""
    return CODE_SPAN.sub(blank, without_fences(path))


@cache
def without_fences(path: Path) -> str:
    """The document with its fenced blocks and its comments blanked; code spans stay."""
    lines, fence = [], ""
    for line in path.read_text(encoding="utf-8").splitlines():
        match = FENCE.match(line)
        if fence:
            lines.append("")
            if match and match[1].startswith(fence) and not match[2].strip():
                fence = ""
        elif match and not (match[1][0] == "`" and "`" in match[2]):
            lines.append("")
            fence = match[1]
        else:
            lines.append(line)
    return COMMENT.sub(blank, "\n".join(lines))


def blank(match: re.Match[str]) -> str:
    """Spaces in the place of what matched."""
    return re.sub(r"[^\n]", " ", match[0])
