"""What the surroundings decide, read once from environment variables. Every default runs."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from evidence.actions.workshop import Workshop
from storage.keys import keep_public_half, kept_secret
from storage.vault import Vault
from storage.vault_s3 import S3Vault

ROOT = Path(__file__).resolve().parent.parent
FONTS = ROOT / "static/dist/fonts"


@dataclass(frozen=True)
class Settings:
    """The program's settings. `var` holds database, files and keys of the embedded default."""

    var: Path
    database_url: str
    log_origin: str
    ocds_prefix: str
    redis_url: str | None
    behind_tls: bool
    socket_limit: int
    upload_limit: int
    time_stamp_url: str | None
    witness: Path
    platform_name: str
    smtp_url: str | None
    mail_from: str
    s3_endpoint: str | None
    s3_bucket: str
    metrics_token: str | None = field(repr=False)
    proxies: int

    @property
    def keys(self) -> Path:
        """Folder of the program's own keys."""
        return self.var / "keys"

    @property
    def site(self) -> str:
        """The address under which the public finds this site: that of its log, without its path."""
        return f"https://{self.log_origin.partition('/')[0]}"

    @property
    def files(self) -> Path:
        """Folder of stored files; with S3, of those that are on their way there."""
        return self.var / "files"

    @property
    def authority(self) -> Path:
        """Folder of the built-in certificate and time-stamp authority."""
        return self.var / "authority"


def settings_from(environment: dict[str, str] | None = None) -> Settings:
    """Settings from environment variables; unset ones get the embedded default."""
    given = os.environ if environment is None else environment
    var = Path(given.get("ZHAOBIAO_VAR", ROOT / "var"))
    return Settings(
        var=var,
        database_url=given.get("DATABASE_URL", f"sqlite:///{var / 'zhaobiao.db'}"),
        log_origin=given.get("ZHAOBIAO_LOG_ORIGIN", "zhaobiao.invalid/evidence"),
        # Not a registered one: whoever publishes gets a prefix of their own (docs/ocds.md).
        ocds_prefix=given.get("ZHAOBIAO_OCDS_PREFIX", "ocds-zhaobiao"),
        redis_url=given.get("REDIS_URL"),
        behind_tls=given.get("ZHAOBIAO_TLS", "") == "1",
        socket_limit=int(given.get("ZHAOBIAO_SOCKETS", "200")),
        upload_limit=int(given.get("ZHAOBIAO_UPLOADS", "100")),
        time_stamp_url=given.get("ZHAOBIAO_TIME_STAMP_URL"),
        witness=Path(given.get("ZHAOBIAO_WITNESS", ROOT / "witness")),
        platform_name=given.get("ZHAOBIAO_NAME", "临江市公共资源交易平台"),
        smtp_url=given.get("ZHAOBIAO_SMTP_URL") or None,
        mail_from=given.get("ZHAOBIAO_MAIL_FROM", "zhaobiao@zhaobiao.invalid"),
        s3_endpoint=given.get("S3_ENDPOINT") or None,
        s3_bucket=given.get("S3_BUCKET", "zhaobiao"),
        proxies=int(given.get("ZHAOBIAO_PROXIES", "0")),
        metrics_token=given.get("ZHAOBIAO_METRICS_TOKEN") or None,
    )


def vault_of(settings: Settings) -> Vault:
    """Where files are kept: in a bucket if there is one, else in a folder. Nothing is asked yet."""
    if settings.s3_endpoint is None:
        return Vault(settings.files)
    return S3Vault(settings.files, settings.s3_endpoint, settings.s3_bucket)


def workshop_of(settings: Settings) -> Workshop:
    """What heavy work needs; nothing is opened yet."""
    return Workshop(vault_of(settings), settings.authority, FONTS, settings.time_stamp_url)


def prepare_keys(settings: Settings) -> None:
    """Make the program's own keys where they are missing."""
    for name in ("session", "receipt", "checkpoint", "second-factor"):
        kept_secret(settings.keys, name)
    keep_public_half(settings.keys, "checkpoint")
