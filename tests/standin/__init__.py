"""Builds machines in folders: what a DGX Spark, its relatives and its look-alikes show of themselves in files."""

from tests.standin.cuda import assembler, toolkit
from tests.standin.elf import elf
from tests.standin.host import Gpu, Host, PciDevice, build
from tests.standin.hosts import (
    RTX_5090_HOST,
    SIBLINGS,
    SPARK,
    THOR,
    broken_spark,
    healthy_spark,
    no_driver,
    no_gpu,
    rtx5090_host,
    sibling,
    thor,
)
from tests.standin.nvml import fake_nvml
from tests.standin.root import Root
from tests.standin.venv import Package, environment

__all__ = [
    "RTX_5090_HOST",
    "SIBLINGS",
    "SPARK",
    "THOR",
    "Gpu",
    "Host",
    "Package",
    "PciDevice",
    "Root",
    "assembler",
    "broken_spark",
    "build",
    "elf",
    "environment",
    "fake_nvml",
    "healthy_spark",
    "no_driver",
    "no_gpu",
    "rtx5090_host",
    "sibling",
    "thor",
    "toolkit",
]
