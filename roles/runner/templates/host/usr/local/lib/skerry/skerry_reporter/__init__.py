"""Skerry's reporter: tells the console which services run, and of deploys and backups. Standard library only."""
