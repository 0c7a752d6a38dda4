"""What the other Python packages build on: paths, settings, environments, progress, the template, the local stack."""
