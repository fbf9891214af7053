"""Making and measuring the model. Never loaded by the server: it needs scikit-learn, judging does not."""
