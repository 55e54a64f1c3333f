"""Sign-ins that go on: their refresh tokens, and the list of them."""
