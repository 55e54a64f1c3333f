"""Topics: numbered events that are kept, so that whoever was away gets exactly what they missed."""
