"""Measuring regions, entities and judgements towards subjects on the samples that are kept with the tests."""
