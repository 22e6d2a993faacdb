"""The container entrypoint: examine within a budget, put safe variables in place, become the command."""
