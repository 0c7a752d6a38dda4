"""Finds the stage that a command is for, reads the arguments that all commands have, and asks before they act.

A stage is one on AWS, with the operator's own credentials, or `local`: the running local stack.
"""

import argparse
import sys
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, NoCredentialsError, NoRegionError

from project import aws, state
from project.progress import Failure, say
from project.settings import STAGE

ON_AWS = ("dev", "prod")
STAGES = (STAGE, *ON_AWS)
# For commands that read and write with many threads, and that must outlast a busy table.
PATIENT = Config(max_pool_connections=64, retries={"mode": "standard", "total_max_attempts": 10})


def parser(verb: str, description: str | None, stages: tuple[str, ...] = STAGES) -> argparse.ArgumentParser:
    """Reads the stage and `--yes`; a command adds its own arguments."""
    made = argparse.ArgumentParser(prog=f"make {verb}", description=description)
    made.add_argument("stage", choices=stages)
    made.add_argument("--yes", action="store_true", help="do it without asking")
    return made


def stack(stage: str) -> str:
    """The name of the stage's stack."""
    return f"ringpost-{stage}"


def clients(stage: str, *services: str) -> list[Any]:
    """A client for each service."""
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


def described(cloudformation: Any, name: str) -> dict[str, Any]:
    """A stack; empty where there is none of that name."""
    try:
        return cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return {}
        raise


def confirmed(question: str, *, yes: bool, otherwise: str = "Nothing was changed.") -> bool:
    """Whether the operator agrees, by YES=1 or at the prompt. A refusal prints `otherwise`."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise Failure("There is no terminal to ask on; set YES=1 to go on without being asked.")
    agrees = input(f"{question}? [y/N] ").strip().lower() in {"y", "yes"}
    if not agrees and otherwise:
        say(otherwise)
    return agrees
