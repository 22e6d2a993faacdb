"""sparkdoctor: an environment doctor for NVIDIA DGX Spark and its relatives."""

__version__ = "0.1.0"
