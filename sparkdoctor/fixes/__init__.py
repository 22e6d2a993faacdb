"""Findings → a plan → applied: actions that can be undone, a journal, verification."""
