"""Rulebook × facts → findings: values with origins, three-valued conditions, log signatures, rank."""
