"""Skerry's reporter: tells the console which services run. Standard library only, no dependency to install."""
