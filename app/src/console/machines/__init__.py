"""Machine tokens: for programs such as a pipeline, with a role, a few permissions, and an end."""
