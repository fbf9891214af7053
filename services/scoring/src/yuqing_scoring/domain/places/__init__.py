"""Places: which divisions of China and which countries a text, its outlet and its writer's address name."""
