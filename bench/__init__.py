"""The benchmark, how costs grow, and what a webhook costs."""
