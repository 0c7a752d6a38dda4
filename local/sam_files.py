"""What `sam local invoke --config-env local` reads: the built functions and the running stack's variables.

A directory of its own, so that `sam deploy` never finds these quickly built binaries.
"""

import json
import os
import shutil
from pathlib import Path

from project import template as templates
from project.aws import client
from project.settings import HOME
from project.state import write_private

from . import containers, deploy

SAM_ENV = HOME / "sam-env.json"
SAM_HOME = HOME / "sam"


def write(port: int, template: templates.Template, code: deploy.Code) -> None:
    """Replaces everything; samconfig.toml names the files."""
    shutil.rmtree(SAM_HOME, ignore_errors=True)
    for function, binary in code.items():
        directory = SAM_HOME / function
        directory.mkdir(parents=True)
        _share(binary.path, directory / "bootstrap")
    write_private(SAM_HOME / "template.yaml", templates.with_code(template, {name: name for name in code}))
    write_private(SAM_ENV, json.dumps(_variables(port, list(code)), indent=2) + "\n")


def _variables(port: int, functions: list[str]) -> dict[str, dict[str, str]]:
    """As deployed: sam itself would pass logical ids in place of table names."""
    physical, lambdas = deploy.physical_ids(port), client("lambda", port)
    given = {
        # The sample events are signed for the domain that they name themselves.
        "PUBLIC_BASE_URL": "",
        # In a container 127.0.0.1 is the container; bridge.py carries this address to the emulator.
        "AWS_ENDPOINT_URL": f"http://{containers.HOST}:{port}",
    }
    return {
        function: lambdas.get_function_configuration(FunctionName=physical[function])["Environment"]["Variables"]
        | given
        for function in functions
    }


def _share(binary: Path, place: Path) -> None:
    """A second name of the file, which takes no room; a copy where target/ is on another disk."""
    try:
        os.link(binary, place)
    except OSError:
        shutil.copy2(binary, place)
