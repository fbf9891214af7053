"""What the crawler keeps: sources and their schedule, the spool, stored pages, revisits, what people found."""
