"""What happened in the last hours, as lines for small graphs: named series of Prometheus."""
