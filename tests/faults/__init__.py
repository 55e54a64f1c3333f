"""What must go well while something goes wrong."""
