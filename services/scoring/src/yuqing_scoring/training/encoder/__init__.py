"""Fine-tunes the encoder of the second stage. Needs the extra `training` (PyTorch, ONNX), which nothing else does."""
