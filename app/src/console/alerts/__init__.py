"""What Alertmanager has told: the console is one of its channels."""
