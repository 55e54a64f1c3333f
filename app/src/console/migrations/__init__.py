"""Schema changes. Read README.md beside this file before adding one."""
