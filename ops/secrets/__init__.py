"""make secrets: the parameters of a stage in Parameter Store."""
