"""Skerry's collector: tells Prometheus what to scrape and probe, and what the engine knows. Standard library only."""
