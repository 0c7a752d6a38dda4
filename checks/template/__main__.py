"""Checks what template.yaml becomes on AWS: transforms it as SAM does, then holds it to the project's rules.

Runs in the tools environment: `python -m checks.template`.
"""

import sys

from samtranslator.model.exceptions import InvalidDocumentException

from project import template as templates

from ..outcome import report
from . import access, alarms, flow, limits, metrics, pages
from .resources import transformed


def main() -> int:
    """Prints every broken rule; the exit code says whether there is one."""
    source = templates.load()
    try:
        resources = transformed(source)
        problems = [
            *access.permissions(resources),
            *access.functions(templates.binaries(source), resources),
            *access.capabilities(source, resources),
            *access.stores(resources),
            *access.secrets(resources),
            *access.signing_secrets(resources),
            *flow.visibility(resources),
            *flow.loops(resources),
            *alarms.notifications(resources),
            *alarms.expressions(resources),
            *alarms.queues(resources),
            *alarms.schedules(source, resources),
            *alarms.workers(resources),
            *alarms.ingest(source, resources),
            *alarms.tables(resources),
            *metrics.stages(resources),
            *metrics.counted(resources),
            *metrics.functions(templates.binaries(source).values(), resources),
            *metrics.messages(resources),
            *metrics.log_classes(resources),
            *pages.alarms(resources),
            *pages.redrives(source, resources),
            *pages.commands(source, resources),
            *pages.questions(resources),
            *limits.concurrency(source, resources),
            *limits.throttles(source, resources),
            *limits.origins(source),
        ]
    except InvalidDocumentException as error:
        problems = [str(cause.message) for cause in error.causes]
    return report(
        "template.yaml: ", problems, f"template.yaml: {len(templates.binaries(source))} functions keep every rule"
    )


if __name__ == "__main__":
    sys.exit(main())
