"""The ports of loopback: which are free, and who has those that are not. Usable before any package is installed."""

import contextlib
import socket

from project.progress import Failure

LOOPBACK = "127.0.0.1"


def is_free(address: str, port: int) -> bool:
    """Whether a process can listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def some_free() -> int:
    """A port of loopback on which nothing listens."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]


def check_free(port: int) -> None:
    """Fails with the name of the process that listens on the port."""
    if not is_free(LOOPBACK, port):
        raise Failure(
            f"Port {port} (RINGPOST_PORT, the local cloud) is taken{_listener(port)}. "
            f"Free it, or choose another, as in RINGPOST_PORT={port + 1} make up"
        )


def _listener(port: int) -> str:
    """Who listens on the port, for a message; empty where the system does not say, or psutil is not installed yet."""
    with contextlib.suppress(ImportError):
        import psutil  # noqa: PLC0415 - a package of the environment

        with contextlib.suppress(psutil.Error):
            for connection in psutil.net_connections("tcp"):
                if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
                    return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    return ""
