"""Static checks: linters that others keep, and a few rules of this house."""
