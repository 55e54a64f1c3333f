"""What a host lets in after the role base."""
