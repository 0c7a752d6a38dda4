"""`make secrets`: a rotation takes no secret away that is in use, and nothing is ever shown or changed half-way."""

import hashlib
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

import boto3

from ..secrets import parameters
from ..secrets.parameters import SECRETS, full_name
from . import account

HOOKS = "livekit-webhook-secrets"
TOKENS = "token-keys"
PAIRS = "livekit-api-keys"
JWKS = '{"keys": [{"kid": "first", "kty": "RSA"}, {"kty": "EC"}]}'
# What every secret of these tests has in it.
SECRET = "dont-show"  # noqa: S105


def fingerprint(text: str) -> str:
    """As `printf %s … | sha256sum | cut -c-8`."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


class Secrets(account.Rehearsal):
    """Each test begins with fresh parameters."""

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.ssm = boto3.client("ssm")
        self.ssm.delete_parameters(Names=[full_name(account.STAGE, secret.name) for secret in SECRETS])
        for secret in SECRETS:
            text = f"APIold:{SECRET}" if secret.is_pair else f"{SECRET}-{secret.name}".ljust(32, "-")
            parameters.put(self.ssm, account.STAGE, secret.name, text)
        self.before = self.texts()

    def texts(self) -> dict[str, str]:
        names = {full_name(account.STAGE, secret.name): secret.name for secret in SECRETS}
        answer = self.ssm.get_parameters(Names=list(names), WithDecryption=True)
        return {names[each["Name"]]: each["Value"] for each in answer["Parameters"]}

    def secrets(self, code: int, *arguments: str, changes: dict[str, str] | None = None, **typed: Any) -> str:
        """What the command says; it must show no secret and change only what is named."""
        said = self.says(code, "secrets", *arguments, **typed)
        self.assertNotIn(SECRET, said)
        self.before |= changes or {}
        self.assertEqual(self.texts(), self.before)
        return said

    def file(self, text: str) -> str:
        path = self.folder / "value"
        path.write_text(text)
        return str(path)

    def test_entries_are_shown_by_fingerprint(self) -> None:
        own, pair = f"@acme {SECRET}-own", f"@acme APInew:{SECRET}"
        old = self.before[HOOKS]
        self.secrets(0, "--add", HOOKS, "--file", self.file(own), changes={HOOKS: f"{own}\n{old}"})
        self.secrets(0, "--add", PAIRS, "--file", self.file(pair), changes={PAIRS: f"{pair}\n{self.before[PAIRS]}"})
        said = self.secrets(0)
        for line in (f"{fingerprint(own)}  @acme", fingerprint(old), f"{fingerprint(pair)}  @acme  APInew", "APIold"):
            self.assertIn(line, said)

    def test_a_rotation_keeps_the_old_entry_until_it_is_removed(self) -> None:
        old, new = self.before[HOOKS], f"{SECRET}-new"
        self.secrets(0, "--add", HOOKS, typed=(), hidden=(new, ""), changes={HOOKS: f"{new}\n{old}"})
        self.secrets(1, "--add", HOOKS, typed=(), hidden=("",))
        said = self.secrets(0, "--remove", f"{HOOKS}:{fingerprint(old)}", changes={HOOKS: new})
        self.assertIn(f"1 entry gone: {fingerprint(old)}", said)
        self.secrets(1, "--remove", f"{HOOKS}:{fingerprint(old)}")
        self.assertIn("has", self.secrets(0, "--add", HOOKS, "--file", self.file(new)))

    def test_an_entry_may_be_added_and_another_removed_at_once(self) -> None:
        old, new = self.before[HOOKS], f"{SECRET}-new"
        arguments = ("--add", HOOKS, "--file", self.file(new), "--remove", f"{HOOKS}:{fingerprint(old)}")
        self.secrets(0, *arguments, changes={HOOKS: new})

    def test_taking_entries_away_is_asked_about(self) -> None:
        new = f"{SECRET}-new"
        replaced = ("--replace", HOOKS, "--file", self.file(new))
        self.assertIn("no terminal", self.secrets(1, *replaced))
        self.assertIn("1 entry gone", self.secrets(1, *replaced, typed=("n",)))
        self.secrets(0, *replaced, typed=("y",), changes={HOOKS: new})
        last = ("--remove", f"{HOOKS}:{fingerprint(new)}")
        self.assertIn("no terminal", self.secrets(1, *last))
        said = self.secrets(0, *last, "--yes", changes={HOOKS: "none"})
        self.assertIn("refused", said)

    def test_a_directory_of_files_takes_nothing_away_unasked(self) -> None:
        """RINGPOST_SECRETS_DIR, one file for each parameter; an empty one keeps what is there."""
        for secret in SECRETS:
            (self.folder / secret.name).write_text("")
        new = f"{SECRET}-new"
        (self.folder / HOOKS).write_text(f"{new}\n{self.before[HOOKS]}\n")
        with account.from_directory(str(self.folder)):
            self.secrets(0, changes={HOOKS: f"{new}\n{self.before[HOOKS]}"})
            (self.folder / HOOKS).write_text(new)
            self.secrets(1)
            self.secrets(0, "--yes", changes={HOOKS: new})
            (self.folder / TOKENS).unlink()
            self.assertIn("no file", self.secrets(1, "--yes"))

    def test_what_functions_would_refuse_is_not_put(self) -> None:
        refused = (
            (HOOKS, f"@{SECRET}", "begins with @"),
            (HOOKS, "local-stack-livekit-webhook-secret-012345", "sample events"),
            (HOOKS, JWKS, "JWKS"),
            (PAIRS, f"{SECRET}", "is not key:secret"),
            (TOKENS, f"{SECRET}", "shorter than"),
            (TOKENS, JWKS, "whole new document"),
        )
        for name, text, reason in refused:
            with self.subTest(reason):
                self.assertIn(reason, self.secrets(1, "--add", name, "--file", self.file(text)))
        self.assertIn("no JWKS", self.secrets(1, "--replace", TOKENS, "--file", self.file('{"keys": []}')))
        self.assertIn("is empty", self.secrets(1, "--replace", TOKENS, "--file", self.file(" \n")))

    def test_a_jwks_document_is_one_entry(self) -> None:
        said = self.secrets(0, "--replace", TOKENS, "--file", self.file(JWKS), "--yes", changes={TOKENS: JWKS})
        self.assertIn(f"1 entry new: {fingerprint(JWKS)}", said)
        self.assertIn(f"{fingerprint(JWKS)}  a JWKS document with first, EC", self.secrets(0))
        self.assertIn("whole new document", self.secrets(1, "--add", TOKENS, "--file", self.file("x" * 32)))

    def test_a_value_does_not_come_by_the_command_line(self) -> None:
        with self.assertRaises(SystemExit):
            self.secrets(2, "--add", f"{HOOKS}:{SECRET}")
        self.assertIn("FILE=path", self.secrets(1, "--add", HOOKS))

    def test_a_person_goes_through_all_of_them(self) -> None:
        old, new = self.before[HOOKS], f"{SECRET}-new"
        enter = ""
        typed = (enter, "add", "remove 00000000", f"{SECRET[:4]}", f"remove {fingerprint(old)}", *[enter] * 5)
        self.assertIn("has no entry 00000000", self.secrets(1, typed=(*typed, "n"), hidden=(new, "")))
        self.secrets(0, typed=(*typed, "y"), hidden=(new, ""), changes={HOOKS: new})

    def test_a_new_stage_is_asked_for_every_parameter(self) -> None:
        """What does not exist must get a value, and none of it is put before the last one has."""
        for secret in SECRETS:
            self.ssm.delete_parameter(Name=full_name(account.STAGE, secret.name))
        self.before = {}
        self.secrets(1)
        key = SECRET.ljust(32, "-")
        hidden = (f"API:{SECRET}", "", "", SECRET, "", "none", "", "none", "", "none", "", key, "")
        values = (f"API:{SECRET}", SECRET, "none", "none", "none", key)
        with self.assertRaises(StopIteration):
            self.secrets(0, typed=(), hidden=hidden[:-2])
        self.assertEqual(self.texts(), {})
        changes = {secret.name: value for secret, value in zip(SECRETS, values, strict=True)}
        said = self.secrets(0, typed=("y",), hidden=hidden, changes=changes)
        self.assertIn(f"aws ssm delete-parameter --name {full_name(account.STAGE, TOKENS)}", said)

    def test_an_interrupted_run_changes_nothing(self) -> None:
        """Also when the interrupt came after the write, before its answer."""
        for secret in SECRETS:
            (self.folder / secret.name).write_text(f"{self.before[secret.name]}\nAPInew:{SECRET}-new-{'-' * 32}")
        put, written = parameters.put, []

        def interrupted(*arguments: Any) -> int:
            version = put(*arguments)
            written.append(arguments)
            if len(written) == 3:  # noqa: PLR2004
                raise KeyboardInterrupt
            return version

        with account.from_directory(str(self.folder)), mock.patch.object(parameters, "put", interrupted):
            said = self.secrets(130)
        self.assertIn("taken back", said)
        self.assertEqual(len(written), 6, "three came, and three are as they were")

    def test_somebody_elses_change_is_not_overwritten(self) -> None:
        theirs = f"{SECRET}-theirs"

        def meanwhile(_: str, **_named: object) -> bool:
            parameters.put(self.ssm, account.STAGE, HOOKS, theirs)
            return True

        with mock.patch("ops.stage.confirmed", meanwhile):
            said = self.secrets(1, "--replace", HOOKS, "--file", self.file(f"{SECRET}-ours"), changes={HOOKS: theirs})
        self.assertIn("Somebody else", said)

    def test_the_undo_brings_the_old_text_back(self) -> None:
        """As it is printed: the version before, through a pipe."""
        old, new = self.before[HOOKS], f"{SECRET}-new"
        said = self.secrets(0, "--replace", HOOKS, "--file", self.file(new), "--yes", changes={HOOKS: new})
        full = full_name(account.STAGE, HOOKS)
        history = "aws ssm get-parameter-history"
        query = "--query 'Parameters[?Version==`1`].Value' --output text"
        undo = f"make secrets STAGE=dev REPLACE={HOOKS} FILE=- YES=1"
        self.assertIn(f"{history} --name {full} --with-decryption {query} | {undo}", said)
        versions = self.ssm.get_parameter_history(Name=full, WithDecryption=True)["Parameters"]
        (text,) = (each["Value"] for each in versions if each["Version"] == 1)
        self.secrets(0, "--replace", HOOKS, "--file", "-", "--yes", piped=f"{text}\n", changes={HOOKS: old})
