"""Where things are, and the names of the local stack."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "project" / "requirements"
TEMPLATE = ROOT / "template.yaml"
SAM_CONFIG = ROOT / "samconfig.toml"

# Everything that a run leaves behind, the emulator's temporary files included; git-ignored.
HOME = ROOT / ".local"
CLOUD_LOG = HOME / "cloud.log"
# Where the tests record at which writes they killed a process (tests/src/crash_points.rs).
CRASH_POINTS = ROOT / "target" / "crash-points"

STAGE = "local"
REGION = "us-east-1"
# The emulator's root key: it opens nothing but the emulator, which listens on loopback alone.
ACCESS_KEY_ID = SECRET_ACCESS_KEY = "test"  # noqa: S105


def endpoint(port: int) -> str:
    """Where every AWS service of the local cloud answers."""
    return f"http://127.0.0.1:{port}"
