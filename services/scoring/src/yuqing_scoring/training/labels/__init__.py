"""Making and measuring the judges of labels from the sample that was labelled by the guidelines."""
