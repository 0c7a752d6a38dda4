"""Ringpost's local cloud: an AWS emulator with template.yaml deployed into it. `make help` lists the verbs."""
