"""What an operator's command talks to: the AWS of a stage, or the running local stack in its place."""

import sys
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import NoCredentialsError, NoRegionError

from project import aws, state
from project.progress import Failure, say
from project.settings import STAGE

STAGES = (STAGE, "dev", "prod")
# For commands that read and write with many threads, and that must outlast a busy table.
PATIENT = Config(max_pool_connections=64, retries={"mode": "standard", "total_max_attempts": 10})


def clients(stage: str, *services: str) -> list[Any]:
    """A client per service, with the operator's own AWS credentials; `local` means the running local stack."""
    if stage == STAGE:
        running = state.load()
        if not running:
            raise Failure("No stack is running; make up starts one.")
        return [aws.client(service, running.port) for service in services]
    try:
        sts = boto3.client("sts")
        account = sts.get_caller_identity()["Account"]
        made = [boto3.client(service, config=PATIENT) for service in services]
    except (NoCredentialsError, NoRegionError) as error:
        raise Failure(f"{error} Set AWS_PROFILE and AWS_DEFAULT_REGION to those of {stage}.") from error
    say(f"Account {account}, {sts.meta.region_name}.")
    return made


def agreed(question: str) -> bool:
    """Whether the operator, who is asked, wants it."""
    if not sys.stdin.isatty():
        raise Failure("There is no terminal to ask on; set YES=1 to go on without being asked.")
    return input(f"{question}? [y/N] ").strip().lower() in {"y", "yes"}
