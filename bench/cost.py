"""What AWS bills for a million webhooks: `python3 -m bench.cost` prints it, `--write` puts it into docs/COST.md.

`--check` fails when docs/COST.md differs. The prices are those of bench/prices.toml, the counts those of
bench/footprint.json, the CPU time that of bench/results.json, and the rest comes from template.yaml. It needs PyYAML,
which the tools environment has: `make cost`.
"""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from .billing import (
    DAYS_A_MONTH,
    FIRST,
    LEAST,
    MILLION,
    PRICES,
    UNHEARD,
    WHOLE,
    Counts,
    Json,
    batches_at,
    bill,
    fixed,
    full_batches,
    storage_of,
    total,
)
from .stack import Stack

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "COST.md"
BEGIN, END = "<!-- begin {} -->", "<!-- end {} -->"
SHORT = {FIRST: "first", WHOLE: "whole call"}
GOAL = {"now": 7.00, "provisioned": 5.00}
CENT = 0.005
RATE, SECONDS_A_DAY = 100, 86_400
CAPACITY = re.compile(r"DynamoDB: (writes|reads) of `(events|calls|history)`")

# The values of template.yaml before its cost was optimised.
BEFORE = {
    "RetentionDays": 90,
    "LogRetentionDays": 90,
    "SystemLogLevel": "INFO",
    "HistoryRecovery": "true",
    "FanOutBatchingSeconds": 0,
}
STACKS = {"before": Stack(BEFORE), "now": Stack(), "provisioned": Stack({"CapacityMode": "provisioned"})}
# Each default, with the parameters that undo it.
SET = {
    "`RetentionDays` 30, not 90": {"RetentionDays": 90},
    "`SystemLogLevel` WARN, not INFO": {"SystemLogLevel": "INFO"},
    "`HistoryRecovery` off": {"HistoryRecovery": "true"},
    "`LogRetentionDays` 30 in prod, not 90": {"LogRetentionDays": 90},
    "`FanOutBatchingSeconds` 1, not 0": {"FanOutBatchingSeconds": 0},
}
# Each possible value, with the parameters that set it.
OPEN = {
    "`CapacityMode` provisioned": {"CapacityMode": "provisioned"},
    "`RetentionDays` 14": {"RetentionDays": 14},
    "`DeliveryBatchingSeconds` 1": {"DeliveryBatchingSeconds": 1},
    "`MemorySize` 128": {"MemorySize": 128},
}


def _row_at_the_result(run: Json) -> None:
    run["functions"]["deliver"].get("writes", {"history": 0})["history"] -= run["deliveries"]


def _own_keys_alone(run: Json) -> None:
    calls, pointer_bytes = run["stored"]["calls"], 130
    pointers = calls["items"] - run["calls"]
    run["functions"]["fan-out"]["writes"]["calls"] -= pointers
    calls["bytes"] -= pointers * pointer_bytes
    calls["items"] -= pointers


def _rounded(run: Json) -> None:
    for name, function in run["functions"].items():
        if found := re.search(r'"duration_ms":\d+\.\d(\d*)', run["log_samples"][name]):
            function["log_bytes"] -= len(found[1]) * function["log_lines"]


def _campaigns_once(run: Json) -> None:
    # The directory of the scenarios has no campaigns; one read for each call would suffice.
    reads = run["functions"]["fan-out"]["reads"]
    reads["directory"] = min(reads["directory"], run["calls"])


def _eventual_reads(run: Json) -> None:
    # The single reads are of the directory, or of the call from which an event is removed that waited.
    function = run["functions"]["fan-out"]
    of_calls = max(0, function["requests"].get("GetItem", 0) - function["reads"]["directory"])
    function["reads"]["calls"] -= (function["reads"]["calls"] - of_calls) / 2


RUST: dict[str, Callable[[Json], None]] = {
    "a delivery's row is written with its first result": _row_at_the_result,
    "keys of providers that the tenant does not use get no item": _own_keys_alone,
    "`fan-out` reads calls eventually consistently": _eventual_reads,
    "a campaign that the directory does not have is read once for a call": _campaigns_once,
    "durations with one decimal": _rounded,
}


def _all_of_rust(run: Json) -> None:
    for change in RUST.values():
        change(run)


def sections() -> Iterator[tuple[str, str]]:
    """The computed parts of the document, by name."""
    yield "goal", _goal()
    yield "sums", _sums()
    yield "apart", _apart()
    yield "loads", _loads()
    yield "fixed", _fixed()
    yield "months", _months()
    yield "set", _levers({what: (without, {}) for what, without in SET.items()})
    yield "open", _levers({what: ({}, using) for what, using in OPEN.items()})
    yield "rust", _rust()
    yield "counts", _counts()
    yield "prices", _prices()


def _full(scenario: str, stack: Stack) -> Counts:
    return Counts(scenario, full_batches(stack))


def _at(scenario: str, stack: Stack, rate: float) -> Counts:
    deliveries = _full(scenario, stack).plain("deliveries")
    return Counts(scenario, batches_at(stack, rate, rate * deliveries))


def _goal() -> str:
    rows = []
    for scenario, short in SHORT.items():
        for name, most in GOAL.items():
            row, stack = [f"{short}, {name}", money(most)], STACKS[name]
            at_a_load = _total_at(scenario, stack, RATE) + _share(stack, RATE)
            for found in (total(stack, _full(scenario, stack)), at_a_load):
                row += [money(found), "reached" if found <= most else f"missed by {money(found - most)}"]
            rows.append(row)
    head = [
        "$ per million webhooks",
        "goal",
        "batches of ten",
        "",
        f"{RATE} webhooks a second, and the stage's month",
        "",
    ]
    return table(head, rows)


def _millions(rate: float) -> float:
    """Webhooks of a month."""
    return rate * DAYS_A_MONTH * SECONDS_A_DAY / MILLION


def _share(stack: Stack, rate: float) -> float:
    """The monthly cost of a stage, per million webhooks."""
    return sum(dollars for row, dollars in fixed(stack).items() if row != LEAST) / _millions(rate)


def _total_at(scenario: str, stack: Stack, rate: float) -> float:
    """Dollars for a million webhooks at an even load."""
    found = bill(stack, _at(scenario, stack, rate))
    provisioned = sum(dollars for row, dollars in found.items() if CAPACITY.match(row))
    least = fixed(stack).get(LEAST, 0.0) / _millions(rate)
    return sum(found.values()) + max(0.0, least - provisioned)


def _sums() -> str:
    columns = {(scenario, name): _full(scenario, stack) for scenario in SHORT for name, stack in STACKS.items()}
    bills = {(scenario, name): bill(STACKS[name], counts) for (scenario, name), counts in columns.items()}
    names = max((list(found) for found in bills.values()), key=len)
    rows = [[row, *(money(found.get(row, 0)) for found in bills.values())] for row in names]
    rows.append(["**sum**", *(f"**{money(sum(found.values()))}**" for found in bills.values())])
    more = (sum(storage_of(STACKS[name], counts, "calls")) * MILLION for (_, name), counts in columns.items())
    rows.append(["each further month that call records are kept", *map(money, more)])
    return table(["$ per million webhooks", *(f"{SHORT[scenario]}, {name}" for scenario, name in bills)], rows)


def _apart() -> str:
    """A webhook and a delivery, separately."""
    rows: list[list[str]] = []
    webhook, delivery = {}, {}
    for name, stack in STACKS.items():
        subscribed = _full(WHOLE, stack)
        webhook[name] = total(stack, _full(UNHEARD, stack))
        delivery[name] = (total(stack, subscribed) - webhook[name]) / subscribed.plain("deliveries")
    rows.append(["a million webhooks of whole calls, without a subscription", *map(money, webhook.values())])
    rows.append(["a million deliveries", *map(money, delivery.values())])
    rows.append(["a million of each", *(money(webhook[name] + delivery[name]) for name in STACKS)])
    return table(["$", *STACKS], rows)


def _loads() -> str:
    rows = [
        [
            f"{rate:,}",
            *(money(_total_at(scenario, stack, rate)) for scenario in SHORT for stack in STACKS.values()),
        ]
        for rate in (1, 10, 100, 1_000)
    ]
    return table(
        ["$ per million, by webhooks a second", *(f"{short}, {name}" for short in SHORT.values() for name in STACKS)],
        rows,
    )


def _fixed() -> str:
    found, provisioned = fixed(STACKS["now"]), fixed(STACKS["provisioned"])
    rows = [[row, money(dollars)] for row, dollars in found.items()]
    rows.append(["**sum**", f"**{money(sum(found.values()))}**"])
    rows += [[f"with provisioned capacity: {row}", money(provisioned[row])] for row in provisioned if row not in found]
    return table(["$ a month", "a stage"], rows)


def _months() -> str:
    rows = []
    for millions in (1, 10, 100):
        rate = millions * MILLION / DAYS_A_MONTH / SECONDS_A_DAY
        # Provisioned capacity needs a load to follow.
        sums = (
            millions * total(STACKS[name], _at(WHOLE, STACKS[name], rate)) + sum(fixed(STACKS[name]).values())
            for name in ("before", "now")
        )
        rows.append([f"{millions} million", f"{rate:.3g}", *map(money, sums)])
    return table(["webhooks a month", "a second", "$, before", "$, now"], rows)


def _levers(levers: dict[str, tuple[Json, Json]]) -> str:
    rows = []
    for what, parameters in levers.items():
        without, using = map(Stack, parameters)
        saved = []
        for scenario in SHORT:
            saved.append(total(without, _full(scenario, without)) - total(using, _full(scenario, using)))
            saved.append(total(without, _at(scenario, without, RATE)) - total(using, _at(scenario, using, RATE)))
        rows.append([what, *map(money, saved)])
    head = [
        "saves, $ per million webhooks",
        *(f"{short}{at}" for short in SHORT.values() for at in ("", f", at {RATE}/s")),
    ]
    return table(head, rows)


def _rust() -> str:
    rows = []
    for what, change in {**RUST, "**all of them**": _all_of_rust}.items():
        saved = []
        for scenario in SHORT:
            for name in GOAL:
                stack = STACKS[name]
                changed = Counts(scenario, full_batches(stack), change)
                saved.append(total(stack, _full(scenario, stack)) - total(stack, changed))
        rows.append([what, *map(money, saved)])
    return table(
        ["would save, $ per million webhooks", *(f"{s}, {name}" for s in SHORT.values() for name in GOAL)], rows
    )


def _counts() -> str:
    scenarios = [_full(scenario, STACKS["now"]) for scenario in SHORT]

    def row(what: str, of: Callable[[Counts], float], form: str = ".3g") -> list[str]:
        return [what, *(format(of(counts), form) for counts in scenarios)]

    def units(counts: Counts, *kinds: str) -> float:
        return sum(counts.total(kind, name) for kind in kinds for name in counts.tables(kind))

    rows = [row("bytes", lambda c: c.plain("webhook_bytes"), ".0f")]
    rows += [row(name, lambda c, name=name: c.plain(name)) for name in ("calls", "deliveries")]
    rows.append(row("invocations", lambda c: c.total("invocations")))
    for kind, what in (
        ("writes", "write units of"),
        ("index_writes", "write units of the index of"),
        ("reads", "read units of"),
    ):
        for name in sorted({name for counts in scenarios for name in counts.tables(kind)}):
            rows.append(row(f"{what} `{name}`", lambda c, kind=kind, name=name: c.total(kind, name)))
    rows.append(row("write units of `due`, at most", Counts.due_writes))
    rows.append(row("**write units**", lambda c: units(c, "writes", "index_writes") + c.due_writes()))
    rows.append(row("**read units**", lambda c: units(c, "reads")))
    rows.append(row("requests that send messages", lambda c: c.total("requests", "SendMessageBatch")))
    rows.append(row("bytes that the functions log", lambda c: c.total("log_bytes"), ".0f"))
    for name in ("events", "calls", "calls by-tenant", "history"):
        rows.append(row(f"bytes in `{name}`, with overhead", lambda c, name=name: c.stored(name), ".0f"))
    rows.append(row("bytes of its deliveries", lambda c: c.plain("delivery_bytes"), ".0f"))
    return table(["of one webhook, in batches of ten", *SHORT.values()], rows)


def _prices() -> str:
    rows = []
    for name, found in PRICES.items():
        seen = ", ".join(f"[{number}]({address})" for number, address in enumerate(found["seen"], 1))
        unit = f"{found['per']:,} times " if found["per"] > 1 else ""
        dollars = f"{found['price']:.10f}".rstrip("0").rstrip(".")
        rows.append([f"`{name}`", dollars, unit + found["what"], seen or "not confirmed"])
    return table(["price", "$", "for", "seen"], rows)


def money(dollars: float) -> str:
    """Dollars and cents."""
    return f"{dollars:.2f}" if abs(dollars) >= CENT else "0"


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; columns of numbers are right-aligned."""
    texts = [any(not re.fullmatch(r"\**[-\d.,e+]*\**", row[place]) for row in rows) for place in range(len(head))]
    lines = [head, ["---" if is_text else "---:" for is_text in texts], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def filled_in(text: str) -> str:
    """The document with every computed part up to date."""
    for name, content in sections():
        begin, end = BEGIN.format(name), END.format(name)
        if text.count(begin) != 1 or text.count(end) != 1:
            raise SystemExit(f"docs/COST.md must have {begin} and {end}, each once.")
        before, rest = text.split(begin)
        text = f"{before}{begin}\n\n{content}\n\n{end}{rest.split(end)[1]}"
    return text


def main() -> int:
    """The exit code."""
    match sys.argv[1:]:
        case []:
            for name, content in sections():
                print(f"\n{name}\n\n{content}")
        case ["--write"]:
            DOCUMENT.write_text(filled_in(DOCUMENT.read_text()))
            print("docs/COST.md: written")
        case ["--check"]:
            text = DOCUMENT.read_text()
            if filled_in(text) != text:
                print("docs/COST.md differs from what bench/cost.py computes; run make cost", file=sys.stderr)
                return 1
            print("docs/COST.md: equals what bench/cost.py computes")
        case _:
            raise SystemExit("usage: python3 -m bench.cost [--write | --check]")
    return 0


if __name__ == "__main__":
    sys.exit(main())
