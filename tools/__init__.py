"""Small programs that only the workshop needs; nothing here runs on a Skerry host."""
