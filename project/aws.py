"""Clients of the local cloud."""

from typing import Any

import boto3
from botocore.config import Config

from .settings import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, endpoint


def client(service: str, port: int) -> Any:
    """A client that can only ever reach the emulator, whatever the operator's own AWS settings are."""
    return boto3.client(
        service,
        endpoint_url=endpoint(port),
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
        config=Config(
            # What travels over loopback needs no checksum of a gigabyte.
            s3={"addressing_style": "path", "payload_signing_enabled": False},
            request_checksum_calculation="when_required",
            retries={"total_max_attempts": 1},
        ),
    )
