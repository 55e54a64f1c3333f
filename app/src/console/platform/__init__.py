"""What the reporter tells of the platform: the services that run, and how its other reports are kept."""
