"""Lets the containers of `sam local invoke`, and nothing else, reach the emulator, which listens on loopback alone.

A process of its own listens on this machine's address on Docker's bridge. A program that reaches the emulator can
run others on this machine, so only connections of the containers that sam runs at that time are taken.
"""

import asyncio
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from project.settings import HOME, ROOT

from . import containers, ports, processes

BRIDGE_LOG = HOME / "bridge.log"
CHUNK = 65_536


def ensure(running: int, port: int) -> int:
    """The process id of the bridge to the emulator on `port`; 0 where none is needed or can be."""
    if running and processes.is_running(running):
        return running
    address = containers.bridge_address()
    # Where the engine runs in a virtual machine of its own, it carries its containers to loopback itself.
    if not address or not ports.is_free(address, port):
        return 0
    command = [str(Path(sys.prefix, "bin", "python")), "-m", "local.bridge", address, str(port)]
    with BRIDGE_LOG.open("wb") as log:
        return subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        ).pid


async def _serve(address: str, port: int) -> None:
    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            if writer.get_extra_info("peername")[0] in await asyncio.to_thread(containers.of_sam):
                to_cloud, from_cloud = await asyncio.open_connection("127.0.0.1", port)
                await asyncio.gather(_copy(reader, from_cloud), _copy(to_cloud, writer))
        writer.close()

    server = await asyncio.start_server(carry, address, port)
    await server.serve_forever()


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(CHUNK):
            sink.write(data)
            await sink.drain()
    # The other direction ends by itself.
    sink.close()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], int(sys.argv[2])))
