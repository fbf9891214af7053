"""Entities: the organisations, products and persons that a text names, by dictionaries and rules."""
