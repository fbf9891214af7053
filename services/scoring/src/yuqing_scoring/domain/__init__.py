"""The rules of judging: what a text is, how it is read, how its n-grams become probabilities. Needs numpy and nothing that serves or stores."""
