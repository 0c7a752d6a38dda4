"""`make deploy STAGE=dev` after the build, and `make rollback STAGE=dev TO=…`: what was deployed can be deployed again.

A release is the template as sam packaged it, which names each function's code in the deployment bucket, and the values
that all parameters had. Both lie in that bucket beside the code, so that a rollback needs no build and works from any
machine.
"""

import datetime
import json
import os
import re
import subprocess
import tomllib
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from project.progress import Failure, say, step
from project.settings import HOME, ROOT, SAM_CONFIG

from . import stage

SAM = HOME / "venv" / "tools" / "bin" / "sam"
FOLDER = ROOT / ".aws-sam" / "releases"
# The stack in which `resolve_s3` keeps the deployment bucket.
MANAGED = "aws-sam-cli-managed-default"
CODE = re.compile(r"s3://([^/\s'\"]+)/([^\s'\"]+)")
DEPLOYED = "deployed"
UNPROTECTED = "false"
# A stack whose first deployment was not confirmed.
REVIEWED = "REVIEW_IN_PROGRESS"


@dataclass(frozen=True)
class Shelf:
    """Where the releases of a stage are kept."""

    s3: Any
    bucket: str
    prefix: str

    def put(self, name: str, text: str) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=f"{self.prefix}{name}", Body=text.encode())

    def get(self, name: str) -> str:
        """A stored text; empty where there is none."""
        try:
            return self.s3.get_object(Bucket=self.bucket, Key=f"{self.prefix}{name}")["Body"].read().decode()
        except self.s3.exceptions.NoSuchKey:
            return ""

    def releases(self) -> list[str]:
        """Their names, the oldest first."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix)
        kept = [each for page in pages for each in page.get("Contents", []) if each["Key"].endswith(".json")]
        kept.sort(key=lambda each: (each["LastModified"], each["Key"]))
        return [each["Key"].removeprefix(self.prefix).removesuffix(".json") for each in kept]


def deploy(arguments: list[str]) -> int:
    """Deploys what `sam build` has built, and keeps it. The exit code is sam's."""
    chosen = stage.parser("deploy", __doc__, stage.ON_AWS).parse_args(arguments)
    cloudformation, s3 = stage.clients(chosen.stage, "cloudformation", "s3")
    stack = stage.stack(chosen.stage)
    release = _name()
    template = FOLDER / f"{release}.yaml"
    FOLDER.mkdir(parents=True, exist_ok=True)
    packaged = ("--resolve-s3", "--s3-prefix", stack, "--output-template-file", str(template))
    before = _changed_at(cloudformation, stack)
    if code := _sam("package", chosen.stage, *packaged) or _sam("deploy", chosen.stage, *_deployed(stack, template)):
        return code
    if _changed_at(cloudformation, stack) == before:
        say("Nothing was deployed, so no release is kept.")
        return 0
    parameters = _parameters(cloudformation, stack)
    shelf = _shelf(cloudformation, s3, stack)
    shelf.put(f"{release}.yaml", template.read_text())
    shelf.put(f"{release}.json", json.dumps({"parameters": parameters}, indent=2) + "\n")
    shelf.put(DEPLOYED, release)
    say(f"Kept as {release}. To come back to it: make rollback STAGE={chosen.stage} TO={release}")
    if chosen.stage == "prod" and parameters.get("DeletionProtection") == UNPROTECTED:
        say('! The tables are not protected. Write "DeletionProtection=true" into samconfig.toml and deploy again.')
    return 0


def rollback(arguments: list[str]) -> int:
    """Deploys a release again; without one, lists them. The exit code is sam's."""
    parser = stage.parser("rollback", __doc__, stage.ON_AWS)
    parser.add_argument("--to", metavar="RELEASE", help="which; by default they are listed")
    chosen = parser.parse_args(arguments)
    cloudformation, s3 = stage.clients(chosen.stage, "cloudformation", "s3")
    stack = stage.stack(chosen.stage)
    shelf = _shelf(cloudformation, s3, stack)
    releases, deployed = shelf.releases(), shelf.get(DEPLOYED)
    if chosen.to not in releases:
        for name in releases:
            say(f"  {name}{'  (deployed)' if name == deployed else ''}")
        if chosen.to:
            raise Failure(f"There is no release {chosen.to}; those that there are stand above.")
        say(f"{len(releases)} releases. make rollback STAGE={chosen.stage} TO=… deploys one of them again.")
        return 0
    template = FOLDER / f"{chosen.to}.yaml"
    FOLDER.mkdir(parents=True, exist_ok=True)
    template.write_text(shelf.get(f"{chosen.to}.yaml"))
    with step("looking for its code"):
        _check_code(s3, template.read_text())
    wanted = json.loads(shelf.get(f"{chosen.to}.json"))["parameters"]
    _show_changes(wanted, _parameters(cloudformation, stack))
    say(f"{deployed or 'What is deployed'} is replaced by {chosen.to}. What the tables hold stays as it is.")
    if not stage.confirmed("Roll back", yes=chosen.yes):
        return 1
    before = _changed_at(cloudformation, stack)
    overrides = ("--parameter-overrides", *(_override(key, value) for key, value in wanted.items()))
    if code := _sam("deploy", chosen.stage, *_deployed(stack, template), *overrides):
        return code
    if _changed_at(cloudformation, stack) != before:
        shelf.put(DEPLOYED, chosen.to)
        say("Rolled back. The next make deploy brings what the sources and samconfig.toml say.")
    return 0


def _name() -> str:
    """The version, the time, and the commit where there is one."""
    version = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
    git = ["git", "describe", "--always", "--dirty", "--exclude", "*"]
    described = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=False)
    now = datetime.datetime.now(datetime.UTC)
    return "-".join(filter(None, (version, f"{now:%Y%m%dT%H%M%SZ}", described.stdout.strip())))


def _sam(verb: str, name: str, *arguments: str) -> int:
    # By default sam looks for its configuration beside the template.
    command = [str(SAM), verb, "--config-file", str(SAM_CONFIG), "--config-env", name, *arguments]
    return subprocess.run(command, cwd=ROOT, env=os.environ | {"SAM_CLI_TELEMETRY": "0"}, check=False).returncode


def _deployed(stack: str, template: Any) -> tuple[str, ...]:
    return ("--template-file", str(template), "--s3-prefix", stack)


def _override(key: str, value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{key}="{escaped}"'


def _changed_at(cloudformation: Any, stack: str) -> Any:
    """Differs after a deployment. Not after one that changed nothing, or that the operator did not confirm."""
    described = stage.described(cloudformation, stack)
    if described.get("StackStatus", REVIEWED) == REVIEWED:
        return None
    return described["StackStatus"], described.get("LastUpdatedTime") or described["CreationTime"]


def _parameters(cloudformation: Any, stack: str) -> dict[str, str]:
    described = stage.described(cloudformation, stack).get("Parameters", [])
    return {each["ParameterKey"]: each["ParameterValue"] for each in described}


def _shelf(cloudformation: Any, s3: Any, stack: str) -> Shelf:
    outputs = stage.described(cloudformation, MANAGED).get("Outputs", [])
    buckets = [each["OutputValue"] for each in outputs if each["OutputKey"] == "SourceBucket"]
    if not buckets:
        raise Failure("This account has no deployment bucket in this region: nothing was ever deployed by make deploy.")
    return Shelf(s3, buckets[0], f"{stack}/releases/")


def _check_code(s3: Any, template: str) -> None:
    gone = []
    for bucket, key in sorted(set(CODE.findall(template))):
        try:
            s3.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("404", "NoSuchKey"):
                raise
            gone.append(f"s3://{bucket}/{key}")
    if gone:
        raise Failure("\n  ".join(["Its code is no longer there; check its commit out and make deploy:", *gone]))


def _show_changes(wanted: dict[str, str], now: dict[str, str]) -> None:
    for key in sorted(wanted.keys() | now.keys()):
        if wanted.get(key) != now.get(key):
            say(f"  {key}: {now.get(key, 'unknown')!r} becomes {wanted.get(key, 'unknown')!r}")
