"""`yuqing doctor`: what is missing or wrong on this machine, in plain words."""
