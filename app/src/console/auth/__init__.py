"""Signing in: passwords, tokens, sessions, and the chain that every request passes."""
