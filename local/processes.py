"""Finds and ends the stack's processes: the emulator, and its functions, which outlive it when it is killed."""

import os
import signal
from contextlib import suppress

import psutil

from project.progress import Failure
from project.settings import HOME

GRACE_SECONDS = 5


def is_running(leader: int) -> bool:
    """Whether the process is alive and one of this checkout."""
    return any(process.pid == leader for process in _group(leader))


def end(leader: int) -> bool:
    """Ends the whole group of `leader`, also after the leader itself died. Returns whether there was anything."""
    if not (group := _group(leader)):
        return False
    for sent in (signal.SIGTERM, signal.SIGKILL):
        for process in group:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(sent)
        psutil.wait_procs(group, timeout=GRACE_SECONDS)
        if not (group := _group(leader)):
            return True
    raise Failure(f"Processes {[process.pid for process in group]} do not end; stop them by hand.")


def _group(leader: int) -> list[psutil.Process]:
    """The path tells ours from a reused group id: all of ours run from .local/."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError):
            ours = any(part.startswith(f"{HOME}/") for part in process.cmdline()[:2])
            if ours and os.getpgid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found
