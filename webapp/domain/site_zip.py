"""A ZIP that comes from anybody, read within bounds.

Nothing of it is written to a disk, so what its names say leads nowhere; names that try are refused all the same. How
much there is, is looked at before it is unpacked, and held while it is.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from flask_babel import gettext as _

from webapp.errors import Invalid

BYTES_AT_MOST = 110_000_000  # of the file
ENTRIES_AT_MOST = 2000
DIRECTORY_AT_MOST = 500_000  # bytes of the ZIP's own table, which is read at once
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
CHUNK = 1 << 16
END = b"PK\x05\x06"
END_SIZE, FARTHEST = 22, 22 + 65535
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    struct.error,
    ValueError,
)


@contextmanager
def opened(file: IO[bytes]) -> Iterator[Archive]:
    """To be read from. Raises Invalid for the field `file`, also for what turns out broken while it is read."""
    try:
        check_directory(file)
        yield Archive(zipfile.ZipFile(file))
    except BROKEN:
        raise wrong(_("This file cannot be read. Choose the ZIP file that an export of a site has made.")) from None


def check(file: IO[bytes]) -> None:
    """That it is a ZIP whose size and names are no reason to refuse it; nothing in it is read. Raises Invalid."""
    with opened(file):
        pass


def wrong(sentence: str) -> Invalid:
    return Invalid(sentence, code="import_refused", field="file")


def check_directory(file: IO[bytes]) -> None:
    """How long the ZIP's own table is, before all of it is read. Raises Invalid, and ValueError for what is no ZIP."""
    size = file.seek(0, 2)
    if size > BYTES_AT_MOST:
        raise wrong(too_large())
    file.seek(max(0, size - FARTHEST))
    tail = file.read(FARTHEST)
    at = tail.rfind(END)
    if at < 0 or len(tail) - at < END_SIZE:
        raise ValueError("no end of a ZIP")
    _disk, _other, _here, entries, length, _start, _comment = struct.unpack("<4H2LH", tail[at + 4 : at + END_SIZE])
    if entries > ENTRIES_AT_MOST or length > DIRECTORY_AT_MOST or tail[max(0, at - 20) : at].startswith(b"PK\x06\x07"):
        raise wrong(_("There are too many files in it."))
    file.seek(0)


def too_large() -> str:
    return _("This file is larger than %(number)s MB. Choose a smaller one.", number=BYTES_AT_MOST // 10**6)


class Archive:
    """Reads what is asked for, and never more than was allowed."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.entries = {one.filename: one for one in archive.infolist()}
        if len(self.entries) != len(archive.infolist()):
            raise ValueError("two entries of one name")
        for name, entry in self.entries.items():
            if name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/"):
                raise wrong(_("A file in it is called %(name)s. Such names are not taken.", name=name[:60]))
            if entry.flag_bits & 1 or entry.compress_type not in METHODS:
                raise ValueError("encrypted, or packed in a way that nobody needs")

    def read(self, name: str, at_most: int) -> bytes:
        """Raises Invalid where there is none, and where it is more."""
        entry = self.entries.get(name)
        if entry is None:
            raise wrong(_("The file %(name)s is missing in it.", name=name))
        if entry.file_size > at_most:
            raise wrong(_("The file %(name)s in it is too large.", name=name))
        parts, left = [], at_most + 1
        with self.archive.open(entry) as stream:  # whatever its size is said to be
            while left > 0 and (part := stream.read(min(CHUNK, left))):
                parts.append(part)
                left -= len(part)
        if left <= 0:
            raise wrong(_("The file %(name)s in it is too large.", name=name))
        return b"".join(parts)
