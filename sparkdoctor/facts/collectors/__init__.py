"""One file for each part of the machine; each function returns the readings that one look at it yields."""
