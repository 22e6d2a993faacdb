"""How texts of rules name facts."""

from __future__ import annotations

import re

PLACEHOLDER = re.compile(r"\{([A-Za-z_][\w.]*)(?:\|([^{}]*))?\}")
"""`{fact}`, or `{fact|words for where it isn't known}` in titles and explanations."""
