"""Skerry's runner: takes jobs from the console and from the host's own command line, and has allowed ones run.

Two processes. The service (``__main__``) keeps the queue and talks to the console; it holds no privilege. Each job is a
process of its own (``execute``), started by systemd in a control group of its own, so that it outlives the service.
Both check a job against the root-owned allow-list. What is known of a job is in its directory (``spool``).
"""
