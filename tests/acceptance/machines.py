"""Machines with nothing to complain of, and what the first line of a report has to say of each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from tests.standin import relatives
from tests.standin.spark import CABLED, SIBLINGS, SPARK, sibling_host

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.standin.host import Host

GB10 = "GB10 (sm_121)"


class Told(NamedTuple):
    """A machine; the parts that its line must hold; whether it is one of the family of DGX Spark."""

    host: Host
    parts: tuple[str, ...]
    is_spark: bool = False


_SIBLING_NAMES = {
    "ASUS Ascent GX10": "ASUSTeK COMPUTER INC. GX10",
    "HP ZGX Nano": "HP ZGX Nano G1n AI Station",
    "Lenovo ThinkStation PGX": "LENOVO ThinkStation PGX",
    "Dell Pro Max with GB10": "Dell Inc. Pro Max with GB10 FCM1253",
    "MSI EdgeXpert": "MSI MS-C931 EdgeXpert",
    "Acer Veriton GN100": "Acer Veriton GN100",
    "Gigabyte AI TOP ATOM": "GIGABYTE AI TOP ATOM",
}

SPARKS: Mapping[str, Told] = {
    "DGX Spark": Told(SPARK, ("NVIDIA DGX Spark", GB10, "DGX OS 7.5.0", "driver 580.159.03"), True),
    **{name: Told(sibling_host(name), (_SIBLING_NAMES[name], GB10, "DGX OS 7.5.0"), True) for name in SIBLINGS},
    "DGX Spark beside another": Told(replace(SPARK, ports=CABLED), ("NVIDIA DGX Spark", GB10), True),
    "DGX Spark with plain Ubuntu": Told(
        relatives.SELF_INSTALLED, ("NVIDIA DGX Spark", GB10, "Ubuntu 24.04.4 LTS"), True
    ),
    "container on a DGX Spark": Told(
        relatives.CONTAINER, ("NVIDIA DGX Spark", GB10, "Ubuntu 24.04.4 LTS", "in a container (docker)"), True
    ),
}

RELATIVES: Mapping[str, Told] = {
    "RTX 5090": Told(relatives.RTX_5090_HOST, ("GeForce RTX 5090 (sm_120)", "x86_64")),
    "RTX PRO 6000": Told(relatives.RTX_PRO_6000_HOST, ("RTX PRO 6000 Blackwell Workstation Edition (sm_120)",)),
    "two different GPUs": Told(relatives.TWO_GPUS, ("GeForce RTX 5090 (sm_120), GeForce RTX 4090 (sm_89)",)),
    "Arm workstation": Told(relatives.AMPERE_WORKSTATION, ("GeForce RTX 5090 (sm_120)", "aarch64")),
    "Jetson Thor": Told(relatives.THOR, ("NVIDIA Jetson AGX Thor Developer Kit", "Thor (sm_110)", "aarch64")),
    "Jetson Thor on the PCI bus": Told(relatives.THOR_ON_THE_BUS, ("Thor (sm_110)",)),
    "Jetson Orin": Told(relatives.ORIN, ("NVIDIA Jetson AGX Orin Developer Kit", "driver 540.4.0")),
    "H100 server": Told(relatives.H100_SERVER, ("8 × H100 80GB HBM3 (sm_90)",)),
    "B200 server": Told(relatives.B200_SERVER, ("8 × B200 (sm_100)",)),
    "GH200": Told(relatives.GH200, ("GH200 480GB (sm_90)", "aarch64")),
    "GB200": Told(relatives.GB200, ("4 × GB200 (sm_100)", "aarch64")),
    "DGX Station": Told(relatives.DGX_STATION, ("NVIDIA DGX Station GB300", "GB300 (sm_103)")),
    "laptop with N1X": Told(relatives.N1X_LAPTOP, ("JMJWOA-Generic-GPU", "kernel 7.0.0-1015-nvidia")),
    "WSL": Told(relatives.WSL, ("kernel 6.6.87.2-microsoft-standard-WSL2",)),
}
"""Machines with another NVIDIA GPU."""

WITHOUT_GPU: Mapping[str, Told] = {
    "no GPU": Told(relatives.NO_GPU, ("no NVIDIA GPU", "x86_64")),
    "MediaTek board": Told(relatives.MEDIATEK_BOARD, ("MediaTek Genio-1200 EVK", "no NVIDIA GPU", "aarch64")),
}

HEALTHY: Mapping[str, Told] = {**SPARKS, **RELATIVES, **WITHOUT_GPU}
