"""The whole way of one event, call, message or delivery through a stage: `command` is what an operator runs."""
