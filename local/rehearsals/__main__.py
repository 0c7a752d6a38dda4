"""`make rehearse`: what operators do, in an emulator of its own, in seconds. Also a part of `make test`."""

import sys
import unittest

from . import adopt, cloud, releases, restore, secrets

MODULES = (secrets, restore, adopt, releases)


def main() -> int:
    """The exit code: 0 when every rehearsal ended as it should."""
    load = unittest.defaultTestLoader.loadTestsFromModule
    with cloud.account():
        result = unittest.TextTestRunner().run(unittest.TestSuite(map(load, MODULES)))
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
