"""Reads the parameters of a stage, and puts changes: all of them or none. What a run cannot finish it takes back."""

from dataclasses import dataclass
from typing import Any

from project.progress import Failure, say

from . import entries as entry_text
from . import parameters
from .entries import Entry
from .parameters import SECRETS, Secret, full_name


@dataclass(frozen=True)
class Parameter:
    """What Parameter Store has, and what it is to have. Version 0 is one that does not exist."""

    secret: Secret
    version: int
    text: str
    wanted: tuple[Entry, ...]

    @property
    def entries(self) -> tuple[Entry, ...]:
        return entry_text.read(self.text) if self.version else ()

    @property
    def is_changed(self) -> bool:
        return self.wanted != self.entries or not self.version

    @property
    def added(self) -> list[Entry]:
        return [entry for entry in self.wanted if entry not in self.entries]

    @property
    def removed(self) -> list[Entry]:
        return [entry for entry in self.entries if entry not in self.wanted]


def read(ssm: Any, name: str) -> dict[str, Parameter]:
    """What Parameter Store has, by short names."""
    full_names = {full_name(name, secret.name): secret for secret in SECRETS}
    answer = ssm.get_parameters(Names=list(full_names), WithDecryption=True)
    found = {each["Name"]: each for each in answer["Parameters"]}
    known = {}
    for full, secret in full_names.items():
        version, text = (found[full]["Version"], found[full]["Value"]) if full in found else (0, "")
        known[secret.name] = Parameter(secret, version, text, entry_text.read(text) if version else ())
    return known


def put_all(ssm: Any, name: str, changes: list[Parameter]) -> None:
    """Puts all or, as far as this process lives, none of them."""
    now = read(ssm, name)
    for parameter in changes:
        if now[parameter.secret.name].version != parameter.version:
            raise Failure(f"Somebody else has just changed {parameter.secret.name}. Nothing was changed; repeat it.")
    begun: list[Parameter] = []
    try:
        for parameter in changes:
            begun.append(parameter)
            version = parameters.put(ssm, name, parameter.secret.name, entry_text.written(parameter.wanted))
            if version != parameter.version + 1:
                say(f"✗ Somebody else changed {parameter.secret.name} at the same moment: compare versions of it.")
    except BaseException:
        say("✗ This could not be finished: what was written is taken back.")
        _take_back(ssm, name, begun)
        raise
    say()
    for parameter in changes:
        say(f"✓ {parameter.secret.name}, version {parameter.version + 1}. To undo it:")
        say(f"  {_undo(name, parameter)}")
    say("Functions take them up within five minutes.")


def _take_back(ssm: Any, name: str, begun: list[Parameter]) -> None:
    """Whether the last one was written is unknown: its answer may have been lost."""
    for parameter in reversed(begun):
        full = full_name(name, parameter.secret.name)
        try:
            now = read(ssm, name)[parameter.secret.name]
            if now.version == parameter.version:
                continue
            if now.entries != parameter.wanted:
                raise Failure("somebody else has changed it since")
            if parameter.version:
                parameters.put(ssm, name, parameter.secret.name, parameter.text)
            else:
                ssm.delete_parameter(Name=full)
            say(f"  {parameter.secret.name} is as it was")
        # Whatever it is, the others are to be taken back as well.
        except Exception as error:
            say(f"✗ {parameter.secret.name} may have been changed ({error}). To undo it:\n  {_undo(name, parameter)}")


def _undo(name: str, parameter: Parameter) -> str:
    """The line that brings back what a parameter was, without showing it."""
    full = full_name(name, parameter.secret.name)
    if not parameter.version:
        return f"aws ssm delete-parameter --name {full}"
    history = f"aws ssm get-parameter-history --name {full} --with-decryption"
    query = f"--query 'Parameters[?Version==`{parameter.version}`].Value' --output text"
    return f"{history} {query} | make secrets STAGE={name} REPLACE={parameter.secret.name} FILE=- YES=1"
