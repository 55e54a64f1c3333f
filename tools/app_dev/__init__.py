"""`make app-dev`: the console on one's own machine, without Docker, for working on it (docs/decisions/app-dev.md)."""
