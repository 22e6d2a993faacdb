"""What is true on the examined machine: the schema of facts, their collection, snapshots of them."""
