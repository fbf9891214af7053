"""What a text says beside its sentiment: intent, aspect, focus area, sensitivity, offensive language."""
