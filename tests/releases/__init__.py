"""Releases of an app: deployed, refused, rolled back, and what is told of them."""
