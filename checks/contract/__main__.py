"""What `make test` and `make contract` do: they hold the running stack to docs/openapi.yaml.

schemathesis makes the requests, from a fixed seed: each operation is tried with its examples, at the bounds of every
field, with random data, and in chains along the document's links. `hooks.py` signs them. What Ringpost
posts to customers because of them is held to the document too. Runs in the tools environment.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from local import stack_env
from local.api import Api
from project import environment
from project.progress import Failure, fail, step
from project.settings import ROOT
from samples.tokens import sign

from .. import openapi
from . import outbound

CONFIG = ROOT / "checks" / "contract" / "schemathesis.toml"
# Leaves out the bounds of every field, which take four minutes: `make test` does, `make contract` does not.
QUICK = "--quick"
# Port 9 of this machine: what is posted there is refused at once.
CLOSED = "http://127.0.0.1:9/in"


def main() -> int:
    """The exit code of the check."""
    if code := openapi.main():
        return code
    values = stack_env.read()
    url, token = values["RINGPOST_URL"], _token(values)
    ours, demo = Api(url, token), Api(url, values["RINGPOST_TOKEN"])
    with step("holding the API to docs/openapi.yaml"), _subscribed(demo):
        try:
            return max(_schemathesis(values | {"CONTRACT_TOKEN": token}), outbound.check(demo))
        finally:
            _unsubscribe(ours)


def _schemathesis(values: stack_env.Values) -> int:
    schemathesis = environment.ensure("contract").parent / "schemathesis"
    command = [schemathesis, "--config-file", CONFIG, "run", openapi.PATH, "--url", values["RINGPOST_URL"]]
    if QUICK in sys.argv:
        command += ["--phases", "examples,fuzzing,stateful"]
    hooks = {"SCHEMATHESIS_HOOKS": "checks.contract.hooks", "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=os.environ | values | hooks, check=False).returncode


def _token(values: stack_env.Values) -> str:
    """Of a new tenant, so that no other run finds what is left of it."""
    now = time.time_ns()
    claims = {"sub": "contract", "tenant_id": f"contract-{now}", "role": "admin", "exp": now // 10**9 + 3_600}
    return sign(values["RINGPOST_JWT_SECRET"], claims)


@contextmanager
def _subscribed(demo: Api) -> Iterator[None]:
    """Meanwhile the demonstration tenant, whose calls the requests make, subscribes a closed port to everything."""
    types = list(openapi.outbound(openapi.load()))
    made = demo.send("POST", "/api/webhooks/config", {"name": "contract", "url": CLOSED, "eventTypes": types})
    try:
        yield
    finally:
        demo.send("DELETE", f"/api/webhooks/config/{made['webhook']['id']}")


def _unsubscribe(api: Api) -> None:
    for webhook in api.send("GET", "/api/webhooks/config")["webhooks"]:
        api.send("DELETE", f"/api/webhooks/config/{webhook['id']}")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(fail(failure))
