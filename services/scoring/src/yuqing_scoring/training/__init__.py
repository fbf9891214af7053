"""Making and measuring the model. The server loads `figures` alone: the rest needs scikit-learn, judging does not."""
