"""`skerry-status`: one screen that answers whether all is well. Standard library only; read-only."""
