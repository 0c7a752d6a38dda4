"""The demonstration tenant, which the samples are about."""

TENANT = "demo"
USER = "user_demo"
PHONE_NUMBERS = ("+17678189426", "+18588796658")
