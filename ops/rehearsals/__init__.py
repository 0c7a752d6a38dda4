"""What operators do, rehearsed in an emulator of its own: `make rehearse`. A module for each command."""
