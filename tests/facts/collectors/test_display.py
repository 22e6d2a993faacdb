from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from sparkdoctor.facts.values import absent
from tests.facts.collectors.examined import examine

if TYPE_CHECKING:
    from tests.standin import Root

DRM = "/sys/class/drm"
START = bytes.fromhex("00ffffffffffff00")
FHD_60 = "02 3a 80 18 71 38 2d 40 58 2c 45 00 00 00 00 00 00 1e"  # 148.5 MHz, 2200 x 1125
FHD_144 = "fc 7e 80 88 70 38 12 40 18 20 35 00 00 00 00 00 00 1a"  # 325.08 MHz, 2056 x 1098
UHD_60 = "4d d0 00 a0 f0 70 3e 80 30 20 35 00 00 00 00 00 00 1a"  # 533.25 MHz, 4000 x 2222


def edid(timing: str) -> bytes:
    """A screen's self-description with a serial number in it and one detailed timing."""
    head = START + b"SERIAL-1984025001337".ljust(46, b"\0")
    return (head + bytes.fromhex(timing)).ljust(128, b"\0")


@pytest.fixture
def undisplayed(spark: Root) -> Root:
    """A Spark in which no display is driven."""
    shutil.rmtree(spark.at(DRM), ignore_errors=True)
    return spark


def connector(root: Root, name: str, status: str, description: bytes = b"") -> None:
    root.write(f"{DRM}/{name}/status", f"{status}\n")
    root.write(f"{DRM}/{name}/edid", description)


@pytest.mark.parametrize(
    ("timing", "mode"), [(FHD_60, "1920x1080@60"), (FHD_144, "1920x1080@144"), (UHD_60, "3840x2160@60")]
)
def test_the_mode_that_a_screen_asks_for(undisplayed: Root, timing: str, mode: str) -> None:
    connector(undisplayed, "card0-HDMI-A-1", "connected", edid(timing))
    connector(undisplayed, "card0-DP-1", "disconnected")
    exam = examine(undisplayed)
    assert exam.read("display.mode").value == "desktop"
    assert exam.read("display.preferred_modes").value == (mode,)


def test_without_a_screen(undisplayed: Root) -> None:
    connector(undisplayed, "card0-HDMI-A-1", "disconnected")
    connector(undisplayed, "card0-Unknown-1", "connected")  # the firmware's frame buffer
    undisplayed.write(f"{DRM}/version", "drm 1.1.0 20060810\n")
    exam = examine(undisplayed)
    assert exam.read("display.mode").value == "headless"
    assert exam.read("display.preferred_modes").value == ()


@pytest.mark.parametrize(
    "description", [b"", b"\0" * 128, edid(FHD_60)[:60], edid("00 " * 18), edid("01 " + "00 " * 17)]
)
def test_a_screen_that_describes_itself_badly(undisplayed: Root, description: bytes) -> None:
    connector(undisplayed, "card1-DP-2", "connected", description)
    exam = examine(undisplayed)
    assert exam.read("display.mode").value == "desktop"
    assert exam.read("display.preferred_modes").value == ()


def test_no_display_driver(undisplayed: Root) -> None:
    assert examine(undisplayed).read("display.mode") == absent(DRM)
