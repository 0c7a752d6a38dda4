"""`make rehearse`: what operators do, in an empty emulator of its own, in seconds. Also a part of `make test`."""

import contextlib
import os
import unittest
from collections.abc import Iterator
from unittest import mock

import boto3

from ops.rehearsals import adopt, releases, restore, secrets
from project.settings import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, endpoint

from . import account

MODULES = (secrets, restore, adopt, releases)


def run() -> int:
    """The exit code: 0 when every rehearsal ended as it should."""
    load = unittest.defaultTestLoader.loadTestsFromModule
    with _account():
        result = unittest.TextTestRunner().run(unittest.TestSuite(map(load, MODULES)))
    return 0 if result.wasSuccessful() else 1


@contextlib.contextmanager
def _account() -> Iterator[None]:
    """An empty account. Every AWS client that is made meanwhile reaches it, and nothing else."""
    with account.emulator("rehearsal") as port, mock.patch.dict(os.environ, _environment(port)):
        # A profile of the operator's would come before all of it.
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
            os.environ.pop(name, None)
        # A client that was made before knows another address.
        boto3.DEFAULT_SESSION = None
        try:
            yield
        finally:
            boto3.DEFAULT_SESSION = None


def _environment(port: int) -> dict[str, str]:
    """What leads AWS clients to the emulator."""
    return {
        "AWS_ENDPOINT_URL": endpoint(port),
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
