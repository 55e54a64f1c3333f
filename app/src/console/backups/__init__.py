"""How backups and restore drills went, as the host keeps it."""
