"""What scoring keeps in its database."""
