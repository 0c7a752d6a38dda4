"""The sample events, one module per area; each has a dictionary EVENTS of file name and event."""
