"""The contracts as data: which RPCs there are, who may call them, what their comments say. The generated code is in the package `yuqing`."""
