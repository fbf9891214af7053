"""The demonstration world: a small town of websites on the loopback interface."""
