"""The sealing key's file: the sealer's process reads it, and nothing else in the hub knows where it is."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)


class UnfitKey(RuntimeError):
    """There is no key to seal with; the message says what to do."""


def make_key(path: Path) -> Ed25519PrivateKey:
    """A new key in a file of mode 0600 that was not there before."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = Ed25519PrivateKey.generate()
    written = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(written)
    except OSError as error:
        raise UnfitKey(f"{path} could not be written: {error.strerror}") from error
    return key


def read_key(path: Path) -> Ed25519PrivateKey:
    """The key in `path`. Raises UnfitKey where others may read the file, or where it holds no Ed25519 key."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            written = file.read(10_000)
    except OSError as error:
        raise UnfitKey(f"{path} could not be read: {error.strerror}") from error
    if mode & 0o077:
        raise UnfitKey(f"others may read {path}: its mode is {mode:04o} and must be 0600")
    try:
        key = load_pem_private_key(written, password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise UnfitKey(f"{path} holds no Ed25519 key in PEM")
    return key
