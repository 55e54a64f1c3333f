"""Backups of one Skerry host: made, shipped, listed, restored, and proven by restoring. Needs restic and docker."""
