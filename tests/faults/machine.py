"""What only root on a machine with loop devices can do: small file systems, and power cuts."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path


def _run(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)


@contextmanager
def mounted(folder: Path, *how: object) -> Iterator[Path]:
    """Mount something on a folder that is made for it; raises RuntimeError where that is not possible."""
    folder.mkdir(parents=True, exist_ok=True)
    done = _run("mount", *how, folder)
    if done.returncode:
        raise RuntimeError(f"mount: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        # Lazily: whatever was killed a moment ago may not be gone altogether.
        _run("umount", "-l", folder)


def tmpfs(folder: Path, size_kb: int, inodes: int) -> AbstractContextManager[Path]:
    """A file system in memory that is soon full."""
    return mounted(folder, "-t", "tmpfs", "-o", f"size={size_kb}k,nr_inodes={inodes},mode=700", "tmpfs")


class Disk:
    """An ext4 file system in an image, as on a disk whose power may be cut."""

    SIZE_MB = 96

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.image = folder / "disk.img"
        with self.image.open("wb") as file:
            file.truncate(self.SIZE_MB << 20)
        done = _run("mkfs.ext4", "-q", "-J", "size=4", "-E", "lazy_itable_init=0", self.image)
        if done.returncode:
            raise RuntimeError(f"mkfs.ext4: {done.stderr.strip()}")
        self.loop = _loop_device(self.image)

    def __enter__(self) -> Disk:
        return self

    def __exit__(self, *_error: object) -> None:
        _run("losetup", "-d", self.loop)

    def mounted(self, folder: Path) -> AbstractContextManager[Path]:
        # What nobody has synced is to stay in memory for longer than a test takes.
        return mounted(folder, "-o", "commit=300,noatime", self.loop)

    def as_after_a_power_cut(self, copy: Path) -> Path:
        """The image as it is on the disk now, without what is only in memory."""
        shutil.copyfile(self.image, copy)
        return copy


def mounted_copy(image: Path, folder: Path) -> AbstractContextManager[Path]:
    """A copy of a disk after the power came back: the journal is replayed."""
    return mounted(folder, "-o", "loop", image)


def _loop_device(image: Path) -> str:
    done = _run("losetup", "--find", "--show", "--direct-io=on", image)
    if done.returncode:
        done = _run("losetup", "--find", "--show", image)
    if done.returncode:
        raise RuntimeError(f"losetup: {done.stderr.strip()}")
    return done.stdout.strip()


def cannot(*programs: str) -> str | None:
    """Why nothing can be mounted here; None when it can."""
    missing = [name for name in ("mount", "umount", *programs) if shutil.which(name) is None]
    if missing:
        return f"{', '.join(missing)} is not installed"
    tried = _run("unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt")
    return None if tried.returncode == 0 else "mounting is not permitted"
