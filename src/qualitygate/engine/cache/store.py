"""The cache's file: an SQLite database of checked values, which may be damaged, locked, read-only or full.

Every value is stored with a digest over its key and itself, so that a flipped bit is a miss and not an answer.
Processes that use the file hold a shared lock beside it; a damaged file is thrown away by whoever gets that lock alone.
"""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import hashlib
import itertools
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from qualitygate.engine.cache import place as places

FORMAT = 1
"""Of the tables; a file of another format is made anew."""

MAX_BYTES = 512 * 2**20
"""Size from which old entries are thrown away, down to three quarters of it."""

MAX_AGE = 60
"""Days after which an entry that no run has used is thrown away."""

_BUSY = 2.0
"""Seconds to wait for another process that holds the database."""

_MANY = 500
"""Keys per query; SQLite accepts at least 999 parameters."""

_TABLES = """
CREATE TABLE IF NOT EXISTS entries (
    kind INTEGER NOT NULL, key BLOB NOT NULL, used INTEGER NOT NULL, value BLOB NOT NULL, numbers BLOB,
    UNIQUE (kind, key)
);
CREATE INDEX IF NOT EXISTS entries_by_age ON entries (used);
"""

PLAN, ANSWER, RESULT, STATE = 1, 2, 3, 4
"""Kinds of entries: a check's plan, its answer about all files, its answer about one file; what the last run saw."""

_NAMES = {PLAN: "plans", ANSWER: "answers", RESULT: "results", STATE: "states"}

Entry = tuple[bytes, bytes | None]
"""Value, and the measurements that belong to it."""


class Store:
    """Values by kind and key. Every method works, or does nothing and warns: a cache must not decide a run.

    Args:

        folder: Where the database is or will be.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / places.DATABASE
        self.warnings: list[str] = []
        self._folder = folder
        self._lock: int | None = None
        self._connection: sqlite3.Connection | None = None
        self._writable = True
        self._waiting: dict[tuple[int, bytes], Entry] = {}
        self._touched: set[tuple[int, bytes]] = set()
        with self._guarded():
            self._open()

    # --- opening and closing --------------------------------------------------------------------------------------

    def _open(self) -> None:
        try:
            places.prepare(self._folder)
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            self._lock = os.open(self._folder / places.LOCK, flags, 0o644)
            fcntl.flock(self._lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            self._give_up("another process is replacing it")
            return
        except OSError as error:
            self._open_read_only(error.strerror or str(error))
            return
        self._connect()

    def _connect(self) -> None:
        if not self.path.exists():
            _make(self.path)
        connection = sqlite3.connect(self.path, timeout=_BUSY, isolation_level=None)
        self._connection = connection
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version != FORMAT:
            raise sqlite3.DatabaseError(f"its format is {version}, this version writes {FORMAT}")
        connection.execute("PRAGMA synchronous = NORMAL")

    def _open_read_only(self, reason: str) -> None:
        self._writable = False
        if not self.path.is_file():
            self._give_up(reason)
            return
        self.warnings.append(f"the cache {self.path} can not be written ({reason}): new answers are not kept")
        # Nobody can write beside us, and a log of unfinished writes could not be read without writing.
        self._connection = sqlite3.connect(f"{self.path.absolute().as_uri()}?immutable=1", uri=True)
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version != FORMAT:
            self._connection = None

    def close(self) -> None:
        """Write what is waiting and let go of the file."""
        self.flush()
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    # --- reading --------------------------------------------------------------------------------------------------

    def get(self, kind: int, key: bytes, numbers: bool = False) -> Entry | None:
        """The entry with *key*; its measurements only where *numbers* are asked for."""
        return self.get_many(kind, [key], numbers).get(key)

    def get_many(self, kind: int, keys: Iterable[bytes], numbers: bool = False) -> dict[bytes, Entry]:
        """Those of *keys* that are there and whole."""
        found: dict[bytes, Entry] = {}
        with self._guarded():
            for key, value, measured, used in self._select(kind, list(keys), numbers):
                found[key] = _checked(kind, key, value), None if measured is None else _checked(-kind, key, measured)
                if used != _today():
                    self._touched.add((kind, key))
        return found

    def _select(self, kind: int, keys: list[bytes], numbers: bool) -> Iterator[tuple[Any, ...]]:
        """Rows of key, value, measurements and day, of whatever types a damaged file gives them."""
        if self._connection is None:
            return
        column = "numbers" if numbers else "NULL"
        rest = iter(keys)
        while part := list(itertools.islice(rest, _MANY)):
            marks = ",".join("?" * len(part))
            query = f"SELECT key, value, {column}, used FROM entries WHERE kind = ? AND key IN ({marks})"  # nosec B608
            yield from self._connection.execute(query, (kind, *part))

    # --- writing --------------------------------------------------------------------------------------------------

    def put(self, kind: int, key: bytes, value: bytes, numbers: bytes | None = None) -> None:
        """Keep an entry, in place of an older one; it is written by the next `flush`."""
        if self._writable and self._connection is not None:
            self._waiting[kind, key] = value, numbers

    def waiting(self) -> int:
        """Number of entries that are not written yet."""
        return len(self._waiting)

    def flush(self) -> None:
        """Write what is waiting, all or nothing."""
        waiting, self._waiting = self._waiting, {}
        touched, self._touched = self._touched, set()
        if self._connection is None or not self._writable or not (waiting or touched):
            return
        with self._guarded():
            self._write(self._connection, waiting, touched)

    def _write(
        self,
        connection: sqlite3.Connection,
        waiting: Mapping[tuple[int, bytes], Entry],
        touched: Iterable[tuple[int, bytes]],
    ) -> None:
        today = _today()
        rows = [
            (
                kind,
                key,
                today,
                _checksum(kind, key, value) + value,
                None if numbers is None else _checksum(-kind, key, numbers) + numbers,
            )
            for (kind, key), (value, numbers) in waiting.items()
        ]
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.executemany(
                "INSERT OR REPLACE INTO entries (kind, key, used, value, numbers) VALUES (?, ?, ?, ?, ?)", rows
            )
            connection.executemany(
                "UPDATE entries SET used = ? WHERE kind = ? AND key = ?", [(today, *entry) for entry in touched]
            )
            if rows:
                _prune(connection, today)
            connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise
        if rows:
            connection.execute("PRAGMA incremental_vacuum").fetchall()

    # --- looking after it -----------------------------------------------------------------------------------------

    def summary(self) -> dict[str, int]:
        """Number of entries per kind, and `bytes` of the file."""
        counts: dict[str, int] = dict.fromkeys(_NAMES.values(), 0)
        with self._guarded():
            if self._connection is not None:
                for kind, count in self._connection.execute("SELECT kind, COUNT(*) FROM entries GROUP BY kind"):
                    counts[_NAMES.get(kind, "others")] = count
        with contextlib.suppress(OSError):
            counts["bytes"] = sum(
                os.stat(path).st_size for path in (self.path, f"{self.path}-wal") if os.path.exists(path)
            )
        return counts

    def clear(self) -> int:
        """Remove all entries; gives their number."""
        count = sum(self.summary().values()) - self.summary().get("bytes", 0)
        self._disconnect()
        with self._guarded():
            removed = self._remove()
            self._connect()
            if not removed and self._connection is not None:  # other processes use it
                self._connection.execute("DELETE FROM entries")
                self._connection.execute("VACUUM")
        return count

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        """Make every failure of the file a warning, and stop using it."""
        try:
            yield
        except sqlite3.DatabaseError as error:  # also OperationalError
            if _is_damage(error):
                self._discard(str(error))
            else:
                self._give_up(str(error))
        except OSError as error:
            self._give_up(error.strerror or str(error))

    def _give_up(self, reason: str) -> None:
        self._disconnect()
        self.warnings.append(f"the cache {self.path} is not used: {reason}")

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        self._waiting.clear()
        self._touched.clear()
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()

    def _discard(self, reason: str) -> None:
        """Remove a damaged database, unless other processes use it too: they find out for themselves."""
        self._disconnect()
        if self._remove():
            try:
                self._connect()
            except (sqlite3.Error, OSError):
                self._disconnect()
        made_anew = "" if self._connection is None else "; it is made anew"
        self.warnings.append(f"the cache {self.path} was damaged ({reason}){made_anew}")

    def _remove(self) -> bool:
        """Remove the file, if no other process uses it."""
        if self._lock is None or not self._writable:
            return False
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for suffix in places.COMPANIONS:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(f"{self.path}{suffix}")
        except OSError:
            return False
        finally:
            with contextlib.suppress(OSError):
                fcntl.flock(self._lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return True


def _make(path: Path) -> None:
    """Make an empty database at *path*, unless another process was faster."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="new-", dir=path.parent, ignore_cleanup_errors=True) as folder:
        fresh = os.path.join(folder, path.name)
        connection = sqlite3.connect(fresh, isolation_level=None)
        try:
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_TABLES)
            connection.execute(f"PRAGMA user_version = {FORMAT}")
        finally:
            connection.close()
        # Under its name it is whole: a process that comes later never sees half of it.
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without links; of two processes the last one wins
            os.rename(fresh, path)


_DIGEST = 8
"""Bytes of the digest in front of each value."""


def _checksum(kind: int, key: bytes, value: bytes) -> bytes:
    return hashlib.blake2b(value, digest_size=_DIGEST, key=key[:64], salt=kind.to_bytes(2, "big", signed=True)).digest()


_NO_DAMAGE = {
    sqlite3.SQLITE_AUTH,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOLFS,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_READONLY,
}
"""Primary result codes about the machine and other processes, not about what is in the file."""


def _checked(kind: int, key: Any, value: Any) -> bytes:
    """The part of a stored *value* behind its digest."""
    if not (isinstance(key, bytes) and isinstance(value, bytes)) or value[:_DIGEST] != _checksum(
        kind, key, value[_DIGEST:]
    ):
        raise sqlite3.DatabaseError("a value is not what was written")
    return value[_DIGEST:]


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF not in _NO_DAMAGE


def _today() -> int:
    return datetime.datetime.now(datetime.UTC).date().toordinal()


def _prune(connection: sqlite3.Connection, today: int) -> None:
    """Throw away what nobody has used for long, and the oldest of a file that is too large."""
    connection.execute("DELETE FROM entries WHERE used < ?", (today - MAX_AGE,))
    tables = "pragma_page_count, pragma_freelist_count, pragma_page_size"
    query = f"SELECT (page_count - freelist_count) * page_size FROM {tables}"  # nosec B608
    (size,) = connection.execute(query).fetchone()
    if size <= MAX_BYTES:
        return
    (total,) = connection.execute("SELECT SUM(LENGTH(value) + IFNULL(LENGTH(numbers), 0)) FROM entries").fetchone()
    excess = int(total * (1 - 0.75 * MAX_BYTES / size))
    for rowid, length in connection.execute(
        "SELECT rowid, LENGTH(value) + IFNULL(LENGTH(numbers), 0) FROM entries ORDER BY used, kind IN (?, ?), rowid",
        (RESULT, STATE),  # of one day first what each change of a file adds anew
    ).fetchall():
        connection.execute("DELETE FROM entries WHERE rowid = ?", (rowid,))
        excess -= length
        if excess <= 0:
            break
