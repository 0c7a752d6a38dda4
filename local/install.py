"""Makes an emulator a whole stack: the secrets, the release, the routes of its API, the demonstration tenant."""

from dataclasses import replace

from ops.secrets import parameters
from project.aws import client
from project.settings import STAGE

from . import deploy, permissions, routes, seed, stack_env


def stack(port: int, release: deploy.Release, values: stack_env.Values, *, update: bool) -> stack_env.Values:
    """The values with those that the API decides."""
    for name, value in stack_env.parameters(values).items():
        parameters.put(client("ssm", port), STAGE, name, value)
    deploy.stack(port, release, values.get("RINGPOST_URL", ""), update=update)
    url = routes.ensure(port)
    if url != values.get("RINGPOST_URL"):
        # Providers sign the URL that they were given, which only now is known.
        deploy.stack(port, replace(release, uploads=()), url, update=True)
    permissions.ensure(port)
    values = values | {"RINGPOST_URL": url}
    seed.directory(port, values)
    values["CALL_CAPTURE_API_KEY"] = seed.api_key(values)
    return values
