"""What make lint, make contract and make redaction run."""
