"""`make secrets STAGE=dev`: shows and changes the SecureStrings of a stage in SSM.

What is shown are fingerprints. Values come from a prompt that does not echo, or from files; never from the command
line, which other users can read. Nothing is written before everything is known and checked.
"""

import argparse
import getpass
import os
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from project.progress import Failure, say

from .. import stage
from . import change
from . import entries as entry_text
from .change import Parameter
from .entries import Entry
from .parameters import NONE, SECRETS, Secret

HELP = f"""
Entries are shown by their fingerprints. Those that are typed are not shown: one a line, and an empty line ends;
@path reads a file; the word {NONE} means that there is deliberately none. An entry of a tenant's own account is
"@tenant secret". Nothing is written until you have gone through all and agreed.
"""
STANDARD_INPUT = "-"
SECRETS_DIR = os.environ.get("RINGPOST_SECRETS_DIR")


def run(arguments: list[str]) -> int:
    """The exit code: 0 when every parameter exists, with the entries that were wanted."""
    parser = stage.parser("secrets", __doc__)
    parser.add_argument("--add", metavar="NAME", type=_name, help="add entries to this parameter")
    parser.add_argument("--remove", metavar="NAME:FINGERPRINT", type=_named_entry, help="remove one of its entries")
    parser.add_argument("--replace", metavar="NAME", type=_name, help="replace all of its entries")
    parser.add_argument("--file", metavar="PATH", help=f"where entries are read from, {STANDARD_INPUT} is the input")
    chosen = parser.parse_args(arguments)
    (ssm,) = stage.clients(chosen.stage, "ssm")
    known = change.read(ssm, chosen.stage)
    say(f"Parameters of {chosen.stage}:\n")
    for parameter in known.values():
        _show(parameter)
    wanted, asks = _wanted(known, chosen)
    changes = [parameter for parameter in wanted if parameter.is_changed]
    if faults := [
        f"{parameter.secret.name}: {problem}"
        for parameter in changes
        for problem in entry_text.problems(chosen.stage, parameter.secret, parameter.wanted)
    ]:
        raise Failure("\n  ".join(["Nothing was changed, for the functions would refuse it:", *faults]))
    if not changes:
        say("Nothing was changed.")
        return 1 if any(not parameter.version for parameter in known.values()) else 0
    for parameter in changes:
        say(_summary(parameter))
    if asks and not stage.confirmed("Put them", yes=chosen.yes):
        return 1
    change.put_all(ssm, chosen.stage, changes)
    return 0


def _name(text: str) -> str:
    if text not in {secret.name for secret in SECRETS}:
        # Not the text itself: it may be a secret by mistake.
        names = ", ".join(secret.name for secret in SECRETS)
        raise argparse.ArgumentTypeError(f"must be one of {names}. The value is typed at a prompt, or is in a file.")
    return text


def _named_entry(text: str) -> tuple[str, str]:
    name, _, fingerprint = text.partition(":")
    if len(fingerprint) != entry_text.SHOWN_DIGITS:
        raise argparse.ArgumentTypeError("must be a parameter and a fingerprint, like token-keys:3fa9c1d2")
    return _name(name), fingerprint


def _show(parameter: Parameter) -> None:
    version = f"version {parameter.version}" if parameter.version else "does not exist yet"
    say(f"{parameter.secret.name}, {version}: {parameter.secret.entries}")
    for entry in parameter.wanted:
        say(f"    {entry.shown(parameter.secret)}")
    if parameter.version and not parameter.wanted:
        say(f"    {NONE}: everything that it would verify is refused")


def _wanted(known: dict[str, Parameter], chosen: argparse.Namespace) -> tuple[list[Parameter], bool]:
    """The parameters as they are to be, and whether to ask the operator before they are put."""
    if chosen.add or chosen.remove or chosen.replace:
        wanted = _ordered(known, chosen)
        shut = any(parameter.entries and not parameter.wanted for parameter in wanted)
        return wanted, shut or (bool(chosen.replace) and _lose(wanted))
    if chosen.file:
        raise Failure("FILE goes with ADD or REPLACE, which say whose entries are in it.")
    if SECRETS_DIR:
        wanted = [_from_directory(parameter) for parameter in known.values()]
        return wanted, _lose(wanted)
    if not sys.stdin.isatty():
        say("There is no terminal to ask on. ADD, REMOVE and REPLACE change one parameter, RINGPOST_SECRETS_DIR all.")
        return [parameter for parameter in known.values() if parameter.version], False
    say(HELP)
    return [_edited(parameter) for parameter in known.values()], True


def _ordered(known: dict[str, Parameter], chosen: argparse.Namespace) -> list[Parameter]:
    """The parameters that the arguments name, as they say."""
    if chosen.replace and (chosen.add or chosen.remove):
        raise Failure("REPLACE goes without ADD and REMOVE.")
    wanted: dict[str, Parameter] = {}
    if name := chosen.add or chosen.replace:
        entries = _from_file(chosen.file) if chosen.file else _typed_alone(known[name].secret)
        wanted[name] = _with(known[name], entries) if chosen.add else replace(known[name], wanted=entries)
    if chosen.remove:
        name, fingerprint = chosen.remove
        wanted[name] = _without(wanted.get(name, known[name]), fingerprint)
    return list(wanted.values())


def _lose(wanted: Iterable[Parameter]) -> bool:
    return any(parameter.removed for parameter in wanted)


def _with(parameter: Parameter, entries: tuple[Entry, ...]) -> Parameter:
    """The newest first, by convention."""
    present = parameter.wanted
    if any(entry.is_document for entry in (*entries, *present)) and present:
        name = parameter.secret.name
        raise Failure(f"{name} cannot have a JWKS document beside others; put a whole new document: REPLACE={name}")
    for entry in entries:
        if entry in present:
            say(f"· {parameter.secret.name} has {entry.fingerprint} already")
    return replace(parameter, wanted=(*(entry for entry in entries if entry not in present), *present))


def _without(parameter: Parameter, fingerprint: str) -> Parameter:
    left = tuple(entry for entry in parameter.wanted if entry.fingerprint != fingerprint)
    if left == parameter.wanted:
        raise Failure(f"{parameter.secret.name} has no entry {fingerprint}; those that it has are shown above.")
    return replace(parameter, wanted=left)


def _from_file(path: str) -> tuple[Entry, ...]:
    if path == STANDARD_INPUT:
        text = sys.stdin.read()
    elif Path(path).expanduser().is_file():
        text = Path(path).expanduser().read_text()
    else:
        raise Failure(f"There is no file {path}; create it (with the word {NONE} if there is no secret).")
    if not text.strip():
        raise Failure(f"{path} is empty; nothing was changed. The word {NONE} says that there is no secret.")
    return entry_text.read(text)


def _from_directory(parameter: Parameter) -> Parameter:
    """An empty file keeps what is there."""
    path = Path(SECRETS_DIR or "", parameter.secret.name)
    if path.is_file() and not path.read_text().strip():
        if not parameter.version:
            raise Failure(f"{parameter.secret.name} does not exist yet, and {path} is empty. Write {NONE} into it.")
        return parameter
    return replace(parameter, wanted=_from_file(str(path)))


def _typed_alone(secret: Secret) -> tuple[Entry, ...]:
    if not sys.stdin.isatty():
        raise Failure("There is no terminal to ask on; set FILE=path, or FILE=- for the standard input.")
    say(f"\n{secret.name}: {secret.entries}. One a line, not shown; an empty line ends.")
    entries = _typed()
    if entries is None:
        raise Failure("Nothing was typed, and nothing was changed.")
    return entries


def _typed() -> tuple[Entry, ...] | None:
    """Entries from a prompt that does not echo; None when there was nothing."""
    lines: list[str] = []
    while line := getpass.getpass("    entry > ").strip():
        # "@acme secret" is an entry of a tenant's own account.
        if line.startswith("@") and not any(character.isspace() for character in line):
            try:
                return _from_file(line[1:])
            except Failure as failure:
                say(f"    {failure}")
                continue
        lines.append(line)
    return entry_text.read("\n".join(lines)) if lines else None


def _edited(parameter: Parameter) -> Parameter:
    """The parameter as the operator wants it."""
    say()
    _show(parameter)
    if not parameter.version:
        while (entries := _typed()) is None:
            say(f"    It must have a value; type the word {NONE} if there is deliberately none.")
        return replace(parameter, wanted=entries)
    while action := input("    add, remove FINGERPRINT or replace; Enter goes on > ").split():
        try:
            parameter = _changed(parameter, action)
        except Failure as failure:
            say(f"    {failure}")
        _show(parameter)
    return parameter


def _changed(parameter: Parameter, action: list[str]) -> Parameter:
    match action:
        case ["add"]:
            return _with(parameter, _typed() or ())
        case ["remove", fingerprint]:
            return _without(parameter, fingerprint)
        case ["replace"]:
            entries = _typed()
            return parameter if entries is None else replace(parameter, wanted=entries)
    raise Failure("Say add, remove and a fingerprint, or replace. A secret is typed afterwards, without echo.")


def _summary(parameter: Parameter) -> str:
    """What is to change, for a person."""
    parts = [
        f"{len(of):,} {'entry' if len(of) == 1 else 'entries'} {verb}: {', '.join(entry.fingerprint for entry in of)}"
        for verb, of in (("new", parameter.added), ("gone", parameter.removed))
        if of
    ]
    if not parameter.wanted:
        parts.append(f"it becomes {NONE}, and everything that it would verify is refused")
    elif not parts:
        parts.append("another order")
    return f"→ {parameter.secret.name}: {'; '.join(parts)}"
