"""Puts template.yaml and the built functions into the running emulator, through CloudFormation as on AWS."""

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from ops import stage
from project import template as templates
from project.aws import client
from project.progress import Failure
from project.settings import STAGE, endpoint

from .binaries import Binary

BUCKET = "ringpost-local-artifacts"
STACK = stage.stack(STAGE)
Code = dict[str, Binary]


def code_of(binary_of: dict[str, str], built: dict[str, Binary]) -> Code:
    """The built binary of each function, given its name."""
    if missing := sorted(set(binary_of.values()) - built.keys()):
        raise Failure(f"template.yaml names binaries that functions/Cargo.toml lacks: {', '.join(missing)}. Add them.")
    return {function: built[name] for function, name in binary_of.items()}


@dataclass(frozen=True)
class Release:
    """What is to be deployed. Binaries that the stack already runs need no upload: CloudFormation leaves them alone."""

    template: templates.Template
    code: Code
    uploads: Iterable[Binary]
    # Where the functions find AWS's services, and ElevenLabs.
    aws_endpoint: str
    elevenlabs_url: str


def stack(port: int, release: Release, public_base_url: str, *, update: bool) -> None:
    """Creates or updates the stack. The URL is empty as long as the API does not exist."""
    template, code, uploads = release.template, release.code, release.uploads
    s3 = client("s3", port)
    s3.create_bucket(Bucket=BUCKET)
    with ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(lambda binary: s3.put_object(Bucket=BUCKET, Key=_key(binary), Body=binary.zipped()), uploads))
    places = {function: {"Bucket": BUCKET, "Key": _key(binary)} for function, binary in code.items()}
    s3.put_object(Bucket=BUCKET, Key="template.json", Body=templates.with_code(template, places))
    cloudformation = client("cloudformation", port)
    change = cloudformation.update_stack if update else cloudformation.create_stack
    try:
        change(
            StackName=STACK,
            TemplateURL=f"{endpoint(port)}/{BUCKET}/template.json",
            Parameters=templates.parameters(release.aws_endpoint, release.elevenlabs_url, public_base_url),
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise
    _await_stack(cloudformation)
    # The emulator holds objects in memory, and each build would add some.
    for binary in uploads:
        s3.delete_object(Bucket=BUCKET, Key=_key(binary))


def physical_ids(port: int) -> dict[str, str]:
    """The name that each resource got, by its logical id."""
    pages = client("cloudformation", port).get_paginator("list_stack_resources").paginate(StackName=STACK)
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for page in pages
        for resource in page["StackResourceSummaries"]
    }


def resources(port: int) -> dict[str, Any]:
    """The resources of the deployed template, as SAM's transform made them."""
    cloudformation = client("cloudformation", port)
    return cloudformation.get_template(StackName=STACK, TemplateStage="Processed")["TemplateBody"]["Resources"]


def parameter(port: int, name: str) -> str:
    """What the stack was given for a parameter."""
    stack = client("cloudformation", port).describe_stacks(StackName=STACK)["Stacks"][0]
    return next((each["ParameterValue"] for each in stack["Parameters"] if each["ParameterKey"] == name), "")


def _key(binary: Binary) -> str:
    return f"{binary.name}/{binary.digest}.zip"


def _await_stack(cloudformation: Any) -> None:
    while (status := cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]).endswith("_PROGRESS"):
        time.sleep(0.1)
    if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        return
    events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    reasons = [
        f"  {event['LogicalResourceId']}: {event['ResourceStatusReason']}"
        for event in events
        if event["ResourceStatus"].endswith("FAILED") and event.get("ResourceStatusReason")
    ]
    raise Failure("\n".join([f"The stack ended as {status}. Fix template.yaml, then run make up again:", *reasons]))
