"""Builds the wheel, installs it in a new environment and runs the examples of README.md there, as printed."""

import base64
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

from standardwebhooks import Webhook
from tests.loopback import CALL, answering

HERE = Path(__file__).parent
SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes, ok").decode()
DATA = '{"callLogId": "call-1", "outcome": "busy"}'
EVENT = f'{{"type": "call.completed", "timestamp": "2026-11-02T08:00:04Z", "data": {DATA}}}'


def main() -> None:
    """Raises an error where an example does not print what it should."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        python = _installed(project)
        with answering((202, {"success": True, "eventId": "evt_7e0a"})) as api:
            _prints(python, project / "agent.py", api.url, "evt_7e0a\n")
        page = {"success": True, "count": 1, "calls": [CALL | {"phoneNumber": "+17678189426"}]}
        with answering((200, page), (404, {"error": "Call not found", "status": 404})) as api:
            _prints(python, project / "calls.py", api.url, "call-1 +17678189426 completed\n404 Call not found None\n")
        _receives(python, project / "server.py")
    print("README.md's examples run in a new environment")


def _installed(project: Path) -> Path:
    """The python of a new environment that has the wheel, and nothing but what the wheel asks for."""
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", project, HERE], check=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", project / "venv"], check=True)
    python = project / "venv" / "bin" / "python"
    subprocess.run([*pip, "--python", python, "install", *project.glob("*.whl")], check=True)
    examples = re.findall(r"```python\n# (\S+)\n(.*?)```", (HERE / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    for name, text in examples:
        (project / name).write_text(text, encoding="utf-8")
    names = [str(name) for name, _ in examples]
    mypy = [sys.executable, "-m", "mypy", "--strict", "--python-executable", str(python), *names]
    checked = subprocess.run(mypy, cwd=project, check=False)
    if checked.returncode or len(names) != 3:
        raise AssertionError("the examples have wrong types")
    return python


def _prints(python: Path, example: Path, url: str, expected: str) -> None:
    env = os.environ | {"RINGPOST_URL": url, "RINGPOST_TOKEN": "jwt"}
    printed = subprocess.run([python, example], env=env, check=True, capture_output=True, text=True).stdout
    if printed != expected:
        raise AssertionError(f"{example.name} printed {printed!r}, not {expected!r}")


def _receives(python: Path, example: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = os.environ | {"PORT": str(port), "RINGPOST_WEBHOOK_SECRET": SECRET}
    with subprocess.Popen(
        [python, example], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        try:
            answers = [_posted(port, EVENT), _posted(port, EVENT + " ")]
        finally:
            server.terminate()
        printed = server.stdout.read() if server.stdout else ""
    if (answers, printed) != ([200, 400], "call-1 busy\n"):
        raise AssertionError(f"server.py answered {answers} and printed {printed!r}")


def _posted(port: int, body: str) -> int:
    """The status of a webhook with the signature of EVENT, once the server listens."""
    now = datetime.now(UTC)
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("evt_1", now, EVENT),
    }
    request = urllib.request.Request(f"http://127.0.0.1:{port}", body.encode(), headers)
    end = time.monotonic() + 10
    while True:
        try:
            with urllib.request.urlopen(request) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code
        except urllib.error.URLError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


if __name__ == "__main__":
    main()
