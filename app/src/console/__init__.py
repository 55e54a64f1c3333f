"""A Skerry platform's console: ``api`` (FastAPI) and ``realtime`` (Socket.IO), two processes of one image."""

__version__ = "0.1.0"
