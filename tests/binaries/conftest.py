"""The compiler, installed once for all tests of a process."""

from __future__ import annotations

import pytest

from tests.binaries.toolchain import Toolchain, Unavailable, install


@pytest.fixture(scope="session")
def cuda(tmp_path_factory: pytest.TempPathFactory) -> Toolchain:
    """NVIDIA's compiler from the package index; skips, with the reason, where it can't be had."""
    try:
        return install(tmp_path_factory.mktemp("cuda"))
    except Unavailable as reason:
        pytest.skip(str(reason))
