"""Asks the Docker engine, if there is one: only `sam local invoke` needs it."""

import socket
import subprocess

import psutil

# The name by which a container reaches this machine; samconfig.toml adds it.
HOST = "host.docker.internal"
ANSWER_SECONDS = 10


def engine_answers() -> bool:
    """Whether a Docker engine runs and may be used."""
    return _docker("version", "--format", "{{.Server.Version}}") is not None


def bridge_address() -> str:
    """This machine's address on Docker's bridge; empty where there is none, or the engine is in a virtual machine."""
    name = _docker("network", "inspect", "bridge", "--format", '{{index .Options "com.docker.network.bridge.name"}}')
    addresses = psutil.net_if_addrs().get(name or "", [])
    return next((each.address for each in addresses if each.family == socket.AF_INET), "")


def of_sam() -> set[str]:
    """The addresses of the containers in which sam runs functions now."""
    ids = (_docker("ps", "--quiet", "--filter", "label=sam.cli.container.type=lambda") or "").split()
    if not ids:
        return set()
    shown = _docker("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}", *ids)
    return set((shown or "").split())


def _docker(*arguments: str) -> str | None:
    """What the command printed; None when there is no engine, or it refused."""
    try:
        done = subprocess.run(
            ["docker", *arguments], capture_output=True, text=True, timeout=ANSWER_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
