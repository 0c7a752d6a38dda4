"""How messages go from queue to function."""

from collections.abc import Iterator

from .resources import Resources, as_list, logical, of_type, statements


def visibility(resources: Resources) -> Iterator[str]:
    """A message must not come back while its function still works on it."""
    functions, queues = of_type(resources, "AWS::Lambda::Function"), of_type(resources, "AWS::SQS::Queue")
    for mapping in of_type(resources, "AWS::Lambda::EventSourceMapping").values():
        queue = mapping["EventSourceArn"]["Fn::GetAtt"][0]
        timeout = functions[mapping["FunctionName"]["Ref"]]["Timeout"]
        if queue in queues and queues[queue]["VisibilityTimeout"] < 6 * timeout:
            yield f"{queue} needs a VisibilityTimeout of at least {6 * timeout}, six times its function's timeout"


def loops(resources: Resources) -> Iterator[str]:
    """Lambda stops a function after 16 invocations that follow from one another, unless RecursiveLoop allows them."""
    queues, functions = of_type(resources, "AWS::SQS::Queue"), of_type(resources, "AWS::Lambda::Function")
    read_by: dict[str, set[str]] = {}
    for mapping in of_type(resources, "AWS::Lambda::EventSourceMapping").values():
        read_by.setdefault(logical(mapping["EventSourceArn"]), set()).add(logical(mapping["FunctionName"]))
    next_of = {
        name: {function for queue in _sends_to(resources, name) & queues.keys() for function in read_by.get(queue, ())}
        for name in functions
    }
    for name, function in functions.items():
        if name in _reachable(name, next_of) and function.get("RecursiveLoop") != "Allow":
            yield f"{name} sends messages that come back to it; give it RecursiveLoop: Allow, or Lambda ends the loop"


def _sends_to(resources: Resources, function: str) -> set[str]:
    return {
        logical(resource)
        for statement in statements(resources.get(f"{function}Role", {}).get("Properties", {}))
        if "sqs:SendMessage" in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }


def _reachable(start: str, next_of: dict[str, set[str]]) -> set[str]:
    """What follows from `start`; itself only if it follows from itself."""
    found: set[str] = set()
    pending = [start]
    while pending:
        fresh = next_of[pending.pop()] - found
        found |= fresh
        pending += fresh
    return found
