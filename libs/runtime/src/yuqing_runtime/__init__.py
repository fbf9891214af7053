"""What every Yuqing server needs, and no domain word."""
