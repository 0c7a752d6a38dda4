"""An emulator beside the stack's own: an empty account for what must not share the stack's."""

import contextlib
from collections.abc import Iterator

from project import state
from project.aws import client
from project.progress import Failure
from project.settings import HOME

from . import cloud, ports, processes


@contextlib.contextmanager
def emulator(name: str) -> Iterator[int]:
    """The port of an emulator whose log and temporary files have this name."""
    log, tmp = HOME / f"{name}.log", HOME / name
    port = ports.some_free()
    pid = cloud.start(port, log, tmp)
    try:
        cloud.await_ready(pid, port, log)
        yield port
    finally:
        processes.end(pid)


def copy_secrets(port: int) -> None:
    """Gives the account on this port the secrets of the running stack."""
    running = state.load()
    if not running:
        raise Failure("There is no stack whose secrets could be read; run make up.")
    source, target = client("ssm", running.port), client("ssm", port)
    for page in source.get_paginator("describe_parameters").paginate():
        for parameter in page["Parameters"]:
            found = source.get_parameter(Name=parameter["Name"], WithDecryption=True)["Parameter"]
            target.put_parameter(Name=found["Name"], Value=found["Value"], Type="SecureString", Overwrite=True)
