"""Drives: which are attached, what each is, and the way in which a file is copied to one."""

from __future__ import annotations

import os
import sys
from typing import Final

if sys.platform == "win32":
    from callrec.system.windows.drives import *
else:
    from callrec.system.posix.drives import *

NETWORK_FILE_SYSTEMS: Final = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "coda"),
        *("ceph", "lustre", "gpfs", "beegfs", "ocfs2", "gfs2", "orangefs", "davfs", "vboxsf"),
        *("fuse.ceph", "fuse.ceph-fuse", "fuse.curlftpfs", "fuse.davfs2", "fuse.glusterfs"),
        *("fuse.gvfsd-fuse", "fuse.juicefs", "fuse.rclone", "fuse.s3fs", "fuse.smbnetfs"),
        *("fuse.sshfs", "fuse.vmhgfs-fuse"),
        *("afpfs", "webdav", "ftp"),  # macOS, which has nfs and smbfs as well
        "remote",  # Windows, whatever it is
    }
)
"""Where SQLite's locks cannot be relied on, as another machine may not see them (sqlite.org/faq,
question 5). 9p and virtiofs are left out: the whole disk of a container may be of that kind."""

_PIECE: Final = 8 << 20  # 8 MiB


def copy_bytes(reading: int, writing: int) -> None:
    """Copy a file's bytes, from where it stands on, by the fastest way that both systems allow.

    Each way goes on where the one before stopped: both files keep their positions.
    """
    for way in COPY_METHODS:
        try:
            way(reading, writing)
        except OSError as error:
            if error.errno not in METHOD_UNSUPPORTED:
                raise
        else:
            return
    copy_through_memory(reading, writing)


def copy_through_memory(reading: int, writing: int) -> None:
    """The way that is open everywhere."""
    while piece := memoryview(os.read(reading, _PIECE)):
        while piece:
            piece = piece[os.write(writing, piece) :]
