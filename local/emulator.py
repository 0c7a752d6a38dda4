"""The emulator, without its polling.

MiniStack serves the Runtime API of each warm function by two threads that wake up ten times a second to see whether
they should end, which adds up with the hundreds of functions that a test run leaves. Here they wait until something
happens. Run as a program, by local/cloud.py.
"""

import queue
import socket
import socketserver
import threading
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

from ministack import app
from ministack.core import lambda_runtime

# How soon a function that is given up notices. A new event wakes it at once.
LOOK_SECONDS = 5


class PatientQueue(queue.Queue):
    """What a function waits at for its next event."""

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """As the original, whose caller polls ten times a second."""
        return super().get(block, timeout and max(timeout, LOOK_SECONDS))


class PatientServer(socketserver.ThreadingTCPServer):
    """What a function asks for its next event."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._ending, self._ended = threading.Event(), threading.Event()

    def serve_forever(self, poll_interval: float = 0) -> None:  # noqa: ARG002 - nothing is polled
        """Waits for connections."""
        while not self._ending.is_set():
            self.handle_request()
        self._ended.set()

    def shutdown(self) -> None:
        """Ends `serve_forever`, which a last connection wakes."""
        self._ending.set()
        with suppress(OSError), socket.create_connection(self.server_address, timeout=1):
            pass
        self._ended.wait(LOOK_SECONDS)


def main() -> None:
    """Runs until it is ended."""
    # The module's own view of the library; nothing else in the process sees another queue.
    lambda_runtime.queue = SimpleNamespace(Queue=PatientQueue, Empty=queue.Empty, Full=queue.Full)
    # Imported where it is used, so it is replaced for all; the class does what the original does.
    socketserver.ThreadingTCPServer = PatientServer
    app.main()


if __name__ == "__main__":
    main()
