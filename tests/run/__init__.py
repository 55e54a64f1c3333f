"""`make test`: every check of the project, in parallel where it can be, with one summary."""
