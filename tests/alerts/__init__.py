"""What is told, and what is not, while something is really broken on the local VPS."""
