"""The console in Chromium, on the local VPS."""
