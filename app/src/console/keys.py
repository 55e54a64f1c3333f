"""Keys, each derived from the console's one secret for one purpose: what leaks of one says nothing of another."""

from __future__ import annotations

import hashlib


def derive(secret: str, purpose: bytes) -> bytes:
    """32 bytes. ``purpose``: at most 16 (BLAKE2b's personalisation, RFC 7693)."""
    return hashlib.blake2b(secret.encode(), digest_size=32, person=purpose).digest()
