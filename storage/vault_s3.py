"""The vault on S3: the same files under the same digests, in a bucket instead of a folder.

A put is gathered and hashed on the local disk first, so memory is bounded and the object's name is
known before a byte leaves; the bucket takes an object whole or not at all. What is read can be
sought, so a range is fetched as a range (docs/decisions/009-files-in-s3.md).
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, cast

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from storage.database import busy
from storage.vault import Vault, path_of

_BUFFER = 1 << 16
_WEATHER = 500
_THERE_ALREADY, _BEING_WRITTEN, _MISSING = 412, 409, 404
_CONFIG = Config(
    signature_version="s3v4",
    connect_timeout=5,
    read_timeout=60,
    max_pool_connections=50,
    retries={"mode": "standard", "total_max_attempts": 4},
    # Newer checksum headers are refused by Aliyun OSS, COS and OBS; the signed digest of the body
    # is the object's own name, against which a store can hold what it got.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
    s3={"addressing_style": "auto", "payload_signing_enabled": True},
)


class S3Vault(Vault):
    """A bucket of objects by digest. The folder holds only puts that are under way."""

    def __init__(self, folder: Path, endpoint: str, bucket: str) -> None:
        """Asks nobody until the first file; credentials and region are boto3's own business."""
        super().__init__(folder)
        self._endpoint, self._bucket = endpoint, bucket

    def open(self, digest: str) -> BinaryIO:
        """The object with this digest, to be read from anywhere. Raises FileNotFoundError."""
        size = self._size(digest)
        if size is None:
            raise FileNotFoundError(digest)
        raw = _Object(self._client, {"Bucket": self._bucket, "Key": path_of(digest)}, size)
        return cast("BinaryIO", io.BufferedReader(raw, _BUFFER))

    def digests(self) -> Iterator[str]:
        """Every digest that is kept, in order."""
        with _answering():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket)
            for page in pages:
                yield from (each["Key"].replace("/", "") for each in page.get("Contents", []))

    @cached_property
    def _client(self) -> Any:
        return boto3.session.Session().client("s3", endpoint_url=self._endpoint, config=_CONFIG)

    def _keep(self, beside: Path, digest: str) -> None:
        kept, size = self._size(digest), beside.stat().st_size
        if kept is None and self._put(beside, digest):
            return
        # Half an object under this name is another program's: it must not pass for ours.
        if (self._size(digest) if kept is None else kept) != size:
            raise FileExistsError(digest)

    def _put(self, beside: Path, digest: str) -> bool:
        """Whether it was put; somebody else may have been first."""
        with beside.open("rb") as body, _answering():
            try:
                self._client.put_object(
                    Bucket=self._bucket, Key=path_of(digest), Body=body, IfNoneMatch="*"
                )
            except ClientError as fault:
                if _status(fault) != _THERE_ALREADY:
                    raise
                return False
        return True

    def _size(self, digest: str) -> int | None:
        key = path_of(digest)
        with _answering():
            try:
                size: int = self._client.head_object(Bucket=self._bucket, Key=key)["ContentLength"]
            except ClientError as fault:
                if _status(fault) != _MISSING:
                    raise
                return None
        return size


class _Object(io.RawIOBase):
    """One object as a file: asked for at the first read, and again from where it was sought to."""

    def __init__(self, client: Any, where: dict[str, str], size: int) -> None:
        self._client, self._where, self._size = client, where, size
        self._at = 0
        self._body: Any = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset != self._at:
            self._let_go()
            self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._size:
            return 0
        if self._body is None:
            wanted = f"bytes={self._at}-"
            with _answering():
                self._body = self._client.get_object(**self._where, Range=wanted)["Body"]
        piece = self._body.read(len(buffer))
        if not piece:
            raise OSError(f"the object ended at {self._at} of {self._size} bytes")
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def close(self) -> None:
        self._let_go()
        super().close()

    def _let_go(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None


@contextmanager
def _answering() -> Iterator[None]:
    """A store that is away or overloaded is answered as a busy one: nothing was done."""
    try:
        yield
    except (ConnectionError, HTTPClientError) as fault:
        raise busy() from fault
    except ClientError as fault:
        if _status(fault) >= _WEATHER or _status(fault) == _BEING_WRITTEN:
            raise busy() from fault
        raise


def _status(fault: ClientError) -> int:
    status: int = fault.response["ResponseMetadata"]["HTTPStatusCode"]
    return status
