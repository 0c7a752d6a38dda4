"""Kills the function at the other end of a connection."""

import signal
from contextlib import suppress

import psutil

from .settings import TMP


def peer(port: int) -> bool:
    """Whether a function held this port of loopback, and is dead now."""
    for connection in psutil.net_connections("tcp4"):
        if connection.laddr and connection.laddr.port == port and connection.pid and _is_function(connection.pid):
            with suppress(psutil.NoSuchProcess):
                psutil.Process(connection.pid).send_signal(signal.SIGKILL)
                return True
    return False


def _is_function(pid: int) -> bool:
    """Functions run from the emulator's temporary files; the emulator itself does not."""
    with suppress(psutil.Error):
        return psutil.Process(pid).exe().startswith(f"{TMP}/")
    return False
