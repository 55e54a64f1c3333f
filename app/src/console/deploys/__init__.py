"""What became of deployments, and which releases an app can go back to, as the host keeps it."""
