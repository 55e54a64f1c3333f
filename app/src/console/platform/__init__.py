"""The services that run on the platform, as its reporter sees them."""
