from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sparkdoctor.facts.values import absent, measured
from tests.facts.collectors.examined import examine, reason

if TYPE_CHECKING:
    from pathlib import Path

    from tests.standin import Root

RUNNING = "6.17.0-1014-nvidia"
NEWER = "6.17.0-1021-nvidia"
PREBUILT = "kernel/nvidia-580-open/nvidia.ko: kernel/drivers/video/backlight.ko\n"
BY_DKMS = "updates/dkms/nvidia.ko.zst:\nupdates/dkms/nvidia-uvm.ko.zst: updates/dkms/nvidia.ko.zst\n"
NOT_IT = "kernel/drivers/video/fbdev/nvidia/nvidiafb.ko.zst: kernel/x.ko\nkernel/a.ko: updates/dkms/nvidia.ko.zst\n"
SECURE_BOOT = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"


def kernel(root: Root, release: str, modules: str | None, image: str | None = "/boot/vmlinuz-{}") -> None:
    """An installed kernel: its list of modules and its image, where there are any."""
    root.folder(f"/usr/lib/modules/{release}")
    if modules is not None:
        root.write(f"/usr/lib/modules/{release}/modules.dep", modules)
    if image is not None:
        root.write(image.format(release), "")


@pytest.fixture
def bare(spark: Root) -> Root:
    """A Spark without anything in /usr/lib/modules and /boot."""
    import shutil

    for folder in ("/usr/lib/modules", "/boot"):
        shutil.rmtree(spark.at(folder), ignore_errors=True)
    return spark


@pytest.mark.parametrize(
    ("modules", "expected"), [(PREBUILT, True), (BY_DKMS, True), (NOT_IT, False), ("", False)], ids=str
)
def test_whether_the_running_kernel_has_the_module(bare: Root, modules: str, expected: bool) -> None:
    kernel(bare, RUNNING, modules)
    where = f"/lib/modules/{RUNNING}/modules.dep"
    assert examine(bare).read("driver.module_installed") == measured(expected, where)


def test_without_a_list_of_modules_nothing_is_known(bare: Root) -> None:
    assert reason(examine(bare).read("driver.module_installed")).endswith("modules.dep isn't there")


def test_the_newest_kernel_by_its_number(bare: Root) -> None:
    kernel(bare, RUNNING, PREBUILT)
    kernel(bare, "6.17.0-999-nvidia", NOT_IT)
    kernel(bare, NEWER, NOT_IT)
    kernel(bare, "7.0.0-1-nvidia", PREBUILT, image=None)  # its image was removed
    kernel(bare, "extramodules", PREBUILT)
    exam = examine(bare)
    assert exam.read("kernel.newest_installed") == measured(NEWER, f"/lib/modules/{NEWER}")
    assert exam.read("kernel.newest_has_driver") == measured(False, f"/lib/modules/{NEWER}/modules.dep")


def test_an_image_beside_the_modules(bare: Root) -> None:
    kernel(bare, "6.17.4-200.fc43.aarch64", BY_DKMS, "/usr/lib/modules/{}/vmlinuz")
    assert examine(bare).read("kernel.newest_has_driver").value is True


def test_no_kernel_at_all_is_for_the_host_to_say_in_a_container(bare: Root) -> None:
    assert examine(bare).read("kernel.newest_installed") == absent("/lib/modules, /boot")
    bare.write("/.dockerenv", "")
    assert reason(examine(bare).read("kernel.newest_installed")).startswith("ask the host")


def test_a_list_that_is_missing_takes_only_its_fact_away(bare: Root) -> None:
    kernel(bare, RUNNING, None)
    exam = examine(bare)
    assert exam.read("kernel.newest_installed").value == RUNNING
    assert "modules.dep" in reason(exam.read("kernel.newest_has_driver"))


@pytest.mark.parametrize("mark", ["/run/reboot-required", "/var/run/reboot-required"])
def test_the_mark_of_a_pending_reboot(spark: Root, mark: str) -> None:
    assert examine(spark).read("os.reboot_pending") == absent("/run/reboot-required")
    spark.write(mark, "*** System restart required ***\n")
    assert examine(spark).read("os.reboot_pending") == measured(True, mark)


@pytest.mark.parametrize(("value", "expected"), [(1, True), (0, False)])
def test_secure_boot(spark: Root, value: int, expected: bool) -> None:
    spark.write(SECURE_BOOT, bytes([6, 0, 0, 0, value]))
    assert examine(spark).read("kernel.secure_boot") == measured(expected, SECURE_BOOT)


def test_a_firmware_without_that_variable_and_one_that_is_cut_off(tmp_path: Path, spark: Root) -> None:
    spark.at(SECURE_BOOT).unlink(missing_ok=True)
    assert examine(spark).read("kernel.secure_boot") == absent(SECURE_BOOT)
    spark.write(SECURE_BOOT, b"\1\0")
    assert "2 bytes" in reason(examine(spark).read("kernel.secure_boot"))
