"""make contract: holds the running stack to docs/openapi.yaml."""
