"""What lies outside the rules: files."""
