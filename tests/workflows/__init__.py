"""The workflows of GitHub Actions, run by act against the local VPS."""
