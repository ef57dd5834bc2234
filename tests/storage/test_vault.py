"""Files by digest: what holds of a folder holds of a bucket."""

import hashlib
import io
import os
import threading

import pytest
from botocore.exceptions import ClientError
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from kernel.errors import Busy, InvalidInput
from storage.vault import Vault
from storage.vault_s3 import S3Vault
from tests.engines import free_port
from tests.storage.conftest import bucket_settings, left_behind
from trading.routes.serving import send_stored
from webapp.factory import create_app
from webapp.settings import settings_from, vault_of

MIB = 1 << 20
EMPTY = hashlib.sha256().hexdigest()


def put(vault, content, limit=4 * MIB):
    return vault.put(io.BytesIO(content), limit=limit)


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, 2 * MIB + 1])
def test_what_was_put_is_read_back_under_its_digest(vault, size):
    content = os.urandom(size)

    digest, stored = put(vault, content)

    assert (digest, stored) == (hashlib.sha256(content).hexdigest(), size)
    assert vault.read(digest) == content
    assert b"".join(vault.chunks([digest, digest])) == content * 2
    assert list(vault.digests()) == [digest]
    assert left_behind(vault) == []


def test_a_file_at_the_limit_is_kept_and_one_byte_above_is_refused(vault):
    kept, _ = put(vault, b"1234", limit=4)

    with pytest.raises(InvalidInput) as refused:
        put(vault, b"12345", limit=4)

    assert refused.value.code == "file.too_large"
    assert list(vault.digests()) == [kept]
    assert left_behind(vault) == []


def test_a_put_that_breaks_in_the_middle_leaves_nothing(vault):
    class Breaking(io.RawIOBase):
        left = 2 * MIB

        def read(self, size=-1):
            if self.left <= 0:
                raise ConnectionResetError
            self.left -= size
            return bytes(size)

    with pytest.raises(ConnectionResetError):
        vault.put(Breaking(), limit=8 * MIB)

    assert list(vault.digests()) == []
    assert left_behind(vault) == []


def test_what_is_not_there_is_not_found(vault):
    put(vault, b"something else")

    for ask in (vault.open, vault.read, lambda digest: list(vault.chunks([digest]))):
        with pytest.raises(FileNotFoundError):
            ask(EMPTY)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", EMPTY[:-1], EMPTY.upper(), f"{EMPTY}\n"])
def test_what_is_no_digest_is_never_looked_for(vault, name):
    with pytest.raises(ValueError, match="not a digest"):
        vault.open(name)


def test_two_puts_of_the_same_bytes_at_once_are_one_file(vault):
    content, together, results = os.urandom(MIB), threading.Barrier(4), []

    def one():
        together.wait()
        results.append(put(vault, content))

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == [(hashlib.sha256(content).hexdigest(), MIB)] * 4
    assert [vault.read(digest) for digest in vault.digests()] == [content]
    assert left_behind(vault) == []


@pytest.mark.parametrize("start", [0, 1, 65_535, 65_536, 2 * MIB - 1, 2 * MIB])
def test_an_opened_file_is_read_from_where_it_was_sought_to(vault, start):
    content = os.urandom(2 * MIB)
    digest, _ = put(vault, content)

    with vault.open(digest) as file:
        assert file.read(3) == content[:3]
        assert file.seek(0, os.SEEK_END) == len(content)
        assert file.read() == b""
        file.seek(start)
        assert file.read(70_000) == content[start : start + 70_000]
        file.seek(start)
        assert file.read() == content[start:]


@pytest.mark.parametrize(
    ("asked", "status", "given"),
    [
        (None, 200, slice(None)),
        ("bytes=0-0", 206, slice(0, 1)),
        ("bytes=65535-65536", 206, slice(65_535, 65_537)),
        ("bytes=99999-", 206, slice(99_999, None)),
        ("bytes=-5", 206, slice(-5, None)),
        ("bytes=90000-200000", 206, slice(90_000, None)),
    ],
)
def test_a_stored_file_is_sent_whole_and_by_range(vault, app, asked, status, given):
    content = os.urandom(100_000)
    digest, _ = put(vault, content)
    app.extensions["vault"] = vault
    headers = {"Range": asked} if asked else {}

    with app.test_request_context(headers=headers):
        answer = send_stored(digest, "名称.pdf")

        assert (answer.status_code, answer.content_length) == (status, len(content[given]))
        assert b"".join(answer.response) == content[given]
        answer.close()


def test_a_range_beyond_the_end_is_refused(vault, app):
    digest, _ = put(vault, b"short")
    app.extensions["vault"] = vault

    with (
        app.test_request_context(headers={"Range": "bytes=5-"}),
        pytest.raises(RequestedRangeNotSatisfiable),
    ):
        send_stored(digest, "x")


def test_an_object_that_is_there_is_not_written_again(in_bucket, bucket):
    digest, _ = put(in_bucket, b"once")
    (before,) = bucket.objects.all()

    put(in_bucket, b"once")

    (after,) = bucket.objects.all()
    assert (after.key, after.last_modified) == (before.key, before.last_modified)
    assert after.key == f"{digest[:2]}/{digest[2:]}"


def test_an_object_that_came_meanwhile_is_not_overwritten(in_bucket, bucket, tmp_path):
    digest, _ = put(in_bucket, b"first")
    late = tmp_path / "late"
    late.write_bytes(b"other")

    assert in_bucket._put(late, digest) is False

    assert in_bucket.read(digest) == b"first"


def test_a_half_object_is_not_taken_for_the_whole(in_bucket, bucket):
    """Another program wrote into the bucket: the put must not claim that its bytes are kept."""
    digest = hashlib.sha256(b"whole").hexdigest()
    bucket.put_object(Key=f"{digest[:2]}/{digest[2:]}", Body=b"who")

    with pytest.raises(FileExistsError):
        put(in_bucket, b"whole")

    assert in_bucket.read(digest) == b"who"


def test_an_object_that_ends_too_early_is_a_fault_and_no_shorter_file(in_bucket, bucket):
    digest, _ = put(in_bucket, bytes(200_000))
    key = f"{digest[:2]}/{digest[2:]}"

    with in_bucket.open(digest) as file:
        file.read(10)
        file.seek(150_000)
        bucket.put_object(Key=key, Body=bytes(160_000))
        with pytest.raises(OSError, match="ended at 160000"):
            file.read()


def test_a_bucket_that_does_not_answer_is_told_as_busy_and_nothing_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ak")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "sk")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    nobody = f"http://127.0.0.1:{free_port()}"
    vault = vault_of(bucket_settings(nobody, tmp_path))

    for ask in (lambda: put(vault, b"x"), lambda: vault.open(EMPTY), lambda: list(vault.digests())):
        with pytest.raises(Busy) as told:
            ask()
        assert told.value.code == "storage.busy"
    assert left_behind(vault) == []


def test_a_wrong_key_to_the_bucket_is_a_fault_and_not_a_missing_file(
    in_bucket, s3_server, tmp_path, monkeypatch
):
    digest, _ = put(in_bucket, b"mine")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not it")
    stranger = vault_of(bucket_settings(s3_server, tmp_path))

    with pytest.raises(ClientError):
        stranger.open(digest)
    with pytest.raises(ClientError):
        put(stranger, b"theirs")

    assert list(in_bucket.digests()) == [digest]


def test_an_endpoint_decides_where_web_worker_and_commands_keep_files(tmp_path, sqlite_url):
    base = {"ZHAOBIAO_VAR": str(tmp_path), "DATABASE_URL": sqlite_url}
    here = create_app(settings_from(base))
    there = create_app(settings_from({**base, "S3_ENDPOINT": "http://127.0.0.1:9"}))

    assert type(here.extensions["vault"]) is Vault
    assert type(there.extensions["vault"]) is S3Vault
    for app in (here, there):
        assert app.extensions["workshop"].vault is app.extensions["vault"]
