"""What an operator runs against a stage, on AWS or local: a module or a package for each verb of the Makefile."""
