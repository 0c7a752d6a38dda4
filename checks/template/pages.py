"""Whether each alarm has its page, and each page the line to type."""

import re
from collections.abc import Iterator

from project import template as templates
from project.settings import ROOT

from .alarms import dead_letters
from .resources import Resources, of_type

PAGES, OPERATIONS = ROOT / "docs" / "ALARMS.md", ROOT / "docs" / "OPERATIONS.md"
# What customers notice, where the cause is seen, and how to fix it.
PARTS = ("Customers", "Look", "Fix")


def alarms(resources: Resources) -> Iterator[str]:
    """Every alarm has a page, every page an alarm."""
    pages, known = _pages(), of_type(resources, "AWS::CloudWatch::Alarm")
    for name in sorted(known.keys() - pages.keys()):
        yield f"{name} has no page in docs/ALARMS.md; add the section ### {name}"
    for name in sorted(pages.keys() - known.keys()):
        yield f"docs/ALARMS.md has a page for {name}, which is no alarm"
    for name, page in pages.items():
        for part in PARTS:
            if f"**{part}.**" not in page:
                yield f"the page of {name} in docs/ALARMS.md has no **{part}.**"


def redrives(source: templates.Template, resources: Resources) -> Iterator[str]:
    """The stack prints what an operator needs to look into a dead-letter queue and to put its messages back."""
    text = PAGES.read_text()
    for name in dead_letters(resources):
        for output in (f"{name}Url", f"Redrive{name}"):
            if output not in source["Outputs"]:
                yield f"{name} is a dead-letter queue; add the output {output}"
            elif output.startswith("Redrive") and f"output {output}" not in text:
                yield f"no page of docs/ALARMS.md says `output {output}`"


def commands(source: templates.Template, resources: Resources) -> Iterator[str]:
    """The commands of the pages name resources, outputs and functions that exist."""
    text = PAGES.read_text()
    looks = [
        (r"(?:\(|: )name (\w+)|(?:source_of|resume) (\w+)", resources.keys(), "resource"),
        (r"(?<!-)output ([A-Z]\w+)", source["Outputs"].keys(), "output"),
        (r"lines ([\w-]+) '", set(templates.binaries(source).values()), "function"),
    ]
    for pattern, known, kind in looks:
        for name in sorted({"".join(found.groups("")) for found in re.finditer(pattern, text)} - known):
            yield f"docs/ALARMS.md says {name}, which is no {kind}"


def questions(resources: Resources) -> Iterator[str]:
    """Every question of docs/OPERATIONS.md is a saved query, and every saved query answers one."""
    logs = re.search(r"^## Logs\n.*?(?=^## )", OPERATIONS.read_text(), flags=re.DOTALL | re.MULTILINE)
    rows = re.findall(r"^\| ([^`|]+?) \| ", logs[0] if logs else "", flags=re.MULTILINE)
    listed = {row for row in rows if row not in ("question", "---")}
    saved = {
        query["Name"]["Fn::Sub"].removeprefix("ringpost/${Stage}/"): name
        for name, query in of_type(resources, "AWS::Logs::QueryDefinition").items()
    }
    for question in sorted(listed - saved.keys()):
        yield f"docs/OPERATIONS.md asks {question!r}, which no AWS::Logs::QueryDefinition answers"
    for question in sorted(saved.keys() - listed):
        yield f"{saved[question]} is no question of docs/OPERATIONS.md, under Logs: {question!r}"


def _pages() -> dict[str, str]:
    """The sections of docs/ALARMS.md that have an alarm's name."""
    sections = re.split(r"^(?=##)", PAGES.read_text(), flags=re.MULTILINE)
    named = {
        section.split("\n", 1)[0].removeprefix("### "): section for section in sections if section.startswith("### ")
    }
    return {name: section for name, section in named.items() if name.endswith("Alarm")}
