"""A diagnosis or a snapshot as text for people or as JSON for programs."""
