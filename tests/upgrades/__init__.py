"""Upgrades of the platform under load, on the local VPS."""
