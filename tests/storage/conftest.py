"""The two kinds of vault for one test body, a folder and a bucket of a real S3 server; a backed-up
site.
"""

import os
import shutil

import boto3
import pytest

from evidence.actions.authority import open_authority
from storage.database import open_database
from storage.vault import Vault
from tests.storage.sites import START, site_in
from webapp.settings import settings_from, vault_of

KEYS = {
    "AWS_ACCESS_KEY_ID": "ak",
    "AWS_SECRET_ACCESS_KEY": "sk",
    "AWS_DEFAULT_REGION": "us-east-1",
}
BUCKET = "vault"


def bucket_settings(endpoint, folder, **more):
    given = {"ZHAOBIAO_VAR": str(folder), "S3_ENDPOINT": endpoint, "S3_BUCKET": BUCKET}
    return settings_from({**given, **more})


@pytest.fixture(scope="module")
def bucket(s3_server):
    """A bucket, with its key in the surroundings, as an operator's is."""
    with pytest.MonkeyPatch.context() as surroundings:
        for name, value in KEYS.items():
            surroundings.setenv(name, value)
        made = boto3.resource("s3", endpoint_url=s3_server).Bucket(BUCKET)
        made.create()
        yield made
        made.objects.all().delete()
        made.delete()


@pytest.fixture(scope="module")
def in_one_bucket(s3_server, bucket, tmp_path_factory):
    return vault_of(bucket_settings(s3_server, tmp_path_factory.mktemp("puts")))


@pytest.fixture
def in_bucket(in_one_bucket, bucket):
    """An empty vault in the bucket."""
    for digest in in_one_bucket.digests():
        bucket.Object(f"{digest[:2]}/{digest[2:]}").delete()
    return in_one_bucket


@pytest.fixture(params=["folder", "bucket"])
def vault(request, tmp_path):
    """An empty vault of each kind in turn."""
    if request.param == "folder":
        return Vault(tmp_path / "files")
    return request.getfixturevalue("in_bucket")


def left_behind(vault):
    """Files of puts that are under way; there must be none afterwards."""
    folder = vault._folder
    return [name for name in os.listdir(folder) if name.startswith(".")] if folder.exists() else []


@pytest.fixture(scope="module")
def site(tmp_path_factory, sqlite_template):
    made = site_in(tmp_path_factory.mktemp("site"), sqlite_template)
    open_authority(made.settings.authority, START)
    yield made
    open_database(made.settings.database_url).dispose()


@pytest.fixture(scope="module")
def made(site, tmp_path_factory):
    """A folder with one backup, not to be changed."""
    out = tmp_path_factory.mktemp("backups") / "out"
    site.digest = site.back_up(out)
    return out


@pytest.fixture
def out(made, tmp_path):
    """A copy of it."""
    return shutil.copytree(made, tmp_path / "out")
