#!/usr/bin/env bash
# Makes the base image of `sam local invoke` from Debian's packages, for machines whose Docker engine reaches no registry.
# Run once, as root, with debootstrap installed: `make tools` first, since sam knows the image's name.
# Debian 12 has a newer C library than Amazon Linux 2023 and nothing of Lambda: sam adds its own emulator to either.
set -eu
cd "$(dirname "$0")/.."
name=$(.local/venv/tools/bin/python - <<'PYTHON'
from samcli.local.docker.lambda_image import LambdaImage, Runtime

print(f"{LambdaImage._INVOKE_REPO_PREFIX}/{Runtime.get_image_name_tag('provided.al2023', 'x86_64')}")
PYTHON
)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
debootstrap --variant=minbase --include=ca-certificates bookworm "$root" >&2
tar -C "$root" -c . | docker import - "$name" >/dev/null
echo "made $name"
