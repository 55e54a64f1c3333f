"""The workshop: a local VPS with its registry and ACME server, made by `make up`.

Standard library only: it runs before the virtual environment exists.
"""
