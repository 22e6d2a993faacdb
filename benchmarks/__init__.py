"""Measures how quick sparkdoctor is; see README.md here."""
