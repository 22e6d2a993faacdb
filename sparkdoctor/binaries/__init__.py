"""Which GPU code a file really holds, and where that code runs."""
