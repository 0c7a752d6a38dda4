"""The deployed functions' variables for `sam local invoke`, which would pass logical ids in place of table names."""

import json

from . import deploy
from .aws import client
from .settings import ACCESS_KEY_ID, REGION, SAM_ENV, SECRET_ACCESS_KEY
from .state import write_private

GIVEN = {
    # The sample events are signed for the domain that they name themselves.
    "PUBLIC_BASE_URL": "",
    "AWS_REGION": REGION,
    "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
    "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
}


def write(port: int, functions: list[str]) -> None:
    """One entry per logical id; samconfig.toml names the file."""
    physical = deploy.physical_ids(port)
    lambdas = client("lambda", port)
    variables = {
        function: lambdas.get_function_configuration(FunctionName=physical[function])["Environment"]["Variables"]
        | GIVEN
        for function in functions
    }
    write_private(SAM_ENV, json.dumps(variables, indent=2) + "\n")
