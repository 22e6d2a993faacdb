"""What is known about these machines: rules, estimates and hardware tables, read from TOML and checked."""
