"""The rules of people, departments, passwords and throttling."""
