"""`make secrets STAGE=dev`: puts the SecureStrings of a stage into SSM, with the operator's own AWS credentials.

Values come from a prompt that does not echo, or from files; never from the command line, which other users can read.
"""

import getpass
import sys
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import NoCredentialsError, NoRegionError

from . import parameters
from .progress import Failure, say
from .settings import SECRETS_DIR

HELP = f"""
One entry per line, an empty line ends; @path reads a file; {parameters.NONE} means that there is deliberately none.
An entry of a tenant's own account is "@tenant secret".
An empty first line keeps what is there.
For scripts: RINGPOST_SECRETS_DIR names a directory with one file per parameter.
"""


def run(stage: str) -> None:
    """Puts every parameter that the operator gives a value for."""
    if not SECRETS_DIR and not sys.stdin.isatty():
        raise Failure(
            "There is no terminal to ask on; set RINGPOST_SECRETS_DIR to a directory of one file per parameter."
        )
    try:
        ssm = boto3.client("ssm")
        account = boto3.client("sts").get_caller_identity()["Account"]
    except (NoCredentialsError, NoRegionError) as error:
        raise Failure(f"{error} Set AWS_PROFILE and AWS_DEFAULT_REGION to those of {stage}.") from error
    say(f"Parameters of {stage}, account {account}, {ssm.meta.region_name}.")
    if not SECRETS_DIR:
        say(HELP)
    for secret in parameters.SECRETS:
        value = _from_file(Path(SECRETS_DIR, secret.name)) if SECRETS_DIR else _ask(secret)
        if value:
            parameters.put(ssm, stage, secret.name, value)
            say(f"✓ {secret.name}")
        else:
            _check_present(ssm, stage, secret)


def _ask(secret: parameters.Secret) -> str:
    say(f"\n{secret.name}: {secret.entries}")
    lines: list[str] = []
    while line := getpass.getpass("  > ").strip():
        # "@acme secret" is an entry of a tenant's own account.
        if line.startswith("@") and not any(character.isspace() for character in line):
            return _from_file(Path(line[1:]).expanduser())
        lines.append(line)
    return "\n".join(lines)


def _from_file(path: Path) -> str:
    if not path.is_file():
        raise Failure(f"There is no file {path}; create it (with the word {parameters.NONE} if there is no secret).")
    return path.read_text().strip()


def _check_present(ssm: Any, stage: str, secret: parameters.Secret) -> None:
    name = f"/ringpost/{stage}/{secret.name}"
    if ssm.get_parameters(Names=[name])["InvalidParameters"]:
        raise Failure(f"{name} does not exist yet; repeat and give it a value, or the word {parameters.NONE}.")
    say(f"· {secret.name} is kept")
