"""Codes: how they are made, told apart and kept. RFC 6238 with what every authenticator app knows (SHA-1, 6 digits)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time

import pyotp
from nacl.secret import SecretBox

from console.keys import derive

STEP_SECONDS = 30
SLACK_STEPS = 1  # to either side: clocks differ, and typing takes time (RFC 6238, 5.2)
ISSUER = "Skerry"
RECOVERY_CODES = 10
_RECOVERY_BYTES = 10  # 80 bits: too many to guess, so that a plain keyed hash is enough


class Vault:
    """Encrypts secrets, and hashes recovery codes, with keys derived from the console's secret for this alone."""

    def __init__(self, secret: str) -> None:
        self._box = SecretBox(derive(secret, b"console.totp"))
        self._recovery = derive(secret, b"console.recover")

    def seal(self, secret: str, user_id: int) -> bytes:
        """Encrypted and authenticated; opens for this user only."""
        return bytes(self._box.encrypt(f"{user_id}:{secret}".encode()))

    def open(self, sealed: bytes, user_id: int) -> str:
        """Raises ValueError when it was sealed for somebody else, nacl's CryptoError when with another key."""
        owner, _, secret = self._box.decrypt(sealed).decode().partition(":")
        if owner != str(user_id):
            raise ValueError("this secret belongs to another user")
        return secret

    def hash(self, code: str, user_id: int) -> str:
        """What is stored of a recovery code. Spaces, dashes and case do not matter."""
        plain = "".join(filter(str.isalnum, code)).upper()
        return hmac.new(self._recovery, f"{user_id}:{plain}".encode(), hashlib.sha256).hexdigest()


def new_secret() -> str:
    """160 bits in base32, as RFC 4226 recommends."""
    return pyotp.random_base32()


def otpauth(secret: str, name: str) -> str:
    """What the QR code of an authenticator app says."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def new_recovery_codes() -> list[str]:
    """Codes as ``ABCD-EFGH-IJKL-MNOP``."""
    plain = [base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode() for _ in range(RECOVERY_CODES)]
    return ["-".join(code[start : start + 4] for start in range(0, 16, 4)) for code in plain]


def step_of(secret: str, code: str, now: float | None = None) -> int | None:
    """The time step that a code belongs to; None when it belongs to none that counts now."""
    current = int((time.time() if now is None else now) // STEP_SECONDS)
    totp = pyotp.TOTP(secret)
    found = None
    for step in range(current - SLACK_STEPS, current + SLACK_STEPS + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            found = step
    return found
