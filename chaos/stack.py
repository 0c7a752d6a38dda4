"""A separate stack for the run: an emulator, the proxy before it, and the deployed template with the proxy's address.

What waits for minutes on AWS waits for seconds here: a queue returns a message as soon as its function cannot run any
more. Nothing else differs from the stack of `make up`.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from local import binaries, cloud, deploy, install, ports, processes, stack_env
from project import template as templates
from project.aws import client
from project.progress import step

from .proxy import Proxy
from .settings import LOG, TMP

# The timeout of the workers, which AWS requires as the least.
VISIBILITY_SECONDS = 30


@dataclass(frozen=True)
class Stack:
    """What runs. `names` has the name that each table and queue got, by its logical id."""

    port: int
    proxy: Proxy
    values: stack_env.Values
    names: dict[str, str]

    def url(self, path: str) -> str:
        return self.values["RINGPOST_URL"] + path


@contextlib.contextmanager
def running(elevenlabs_url: str) -> Iterator[Stack]:
    """A fresh stack, which asks for conversations at this URL."""
    built = binaries.build()
    port = ports.some_free()
    with step("starting a local cloud"):
        pid = cloud.start(port, LOG, TMP)
    proxy = Proxy(port)
    try:
        cloud.await_ready(pid, port, LOG)
        with step("deploying"):
            stack = _deployed(port, proxy, built, elevenlabs_url)
        yield stack
    finally:
        proxy.stop()
        processes.end(pid)


def _deployed(port: int, proxy: Proxy, built: dict[str, binaries.Binary], elevenlabs_url: str) -> Stack:
    template = templates.load()
    code = deploy.code_of(templates.binaries(template), built)
    release = deploy.Release(template, code, list(code.values()), proxy.url, elevenlabs_url)
    values = install.stack(port, release, stack_env.generate(port), update=False)
    names = {logical: name.rsplit("/", 1)[-1] for logical, name in deploy.physical_ids(port).items()}
    proxy.names = {name: logical for logical, name in names.items()}
    _hasten(port)
    return Stack(port, proxy, values, names)


def _hasten(port: int) -> None:
    sqs = client("sqs", port)
    for url in sqs.list_queues()["QueueUrls"]:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(VISIBILITY_SECONDS)})
