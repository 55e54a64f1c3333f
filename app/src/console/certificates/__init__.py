"""Until when the public routes' certificates are good."""
