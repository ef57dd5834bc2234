"""`flask storage backup` and `restore`: the drill of docs/operations.md as two commands.

A restored log must say what the manifest says, its leaves must give that root anew, and bundles
exported from it must satisfy the verifier, which shares no code with this program.
"""

import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from evidence import queries as evidence
from evidence.actions.authority import kept_trust_pem
from evidence.actions.bundles import kept_keys
from kernel.errors import NotFound, NotYet
from storage.backup import Head, Installed, Made, back_up
from storage.database import current_database
from storage.dumps import read_from
from storage.restore import Manifest, Target, address, newest, restore
from storage.sealed import BackupRefused, identities_in, recipients_of
from storage.vault import Vault
from storage.vault_s3 import S3Vault
from supervision.actions.dossier import Sources, export_dossier
from trading import queries as trading
from trading.rules.disclosure import Audience
from webapp.settings import ROOT, Settings
from webapp.telling import telling

commands = AppGroup("storage", help="Backups: encrypted to several people, and restored.")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)


@commands.command()
@click.option("--out", required=True, metavar="DIR", type=_FOLDER)
@click.option("--to", "to", multiple=True, required=True, metavar="AGE_RECIPIENT")
@telling
def backup(out: Path, to: tuple[str, ...]) -> None:
    """Add a backup of database, keys and stored files to DIR, while the site runs.

    Every part is encrypted to all recipients; each of them alone can restore it. Two different
    ones are needed at least. The last line is the manifest's SHA-256: keep it elsewhere.

    Example: flask storage backup --out /backup --to age1… --to age1…
    """
    made = make_backup(_settings(), out, to, datetime.now(UTC))
    click.echo(f"{made.folder}: {made.files} files, {made.new_files} of them new")
    click.echo(made.manifest_sha256)


@commands.command("restore")
@click.argument("folder", metavar="DIR", type=_FOLDER)
@click.option("--identity", required=True, metavar="FILE", type=_FILE, help="An age key file.")
@click.option("--into", required=True, metavar="NEWVAR", type=_FOLDER, help="Empty, or to be made.")
@click.option("--made", metavar="STAMP", help="Not the newest backup but this one.")
@click.option("--manifest", metavar="SHA256", help="What `backup` printed; another is refused.")
@click.option("--database", metavar="URL", help="An empty PostgreSQL database.")
@click.option("--bucket", metavar="NAME", help="An empty bucket at S3_ENDPOINT for the files.")
@click.option("--tenders", default=3, show_default=True, help="So many newest ones are verified.")
@telling
def restore_backup(
    folder: Path,
    identity: Path,
    into: Path,
    made: str | None,
    manifest: str | None,
    database: str | None,
    bucket: str | None,
    tenders: int,
) -> None:
    """Restore the newest backup in DIR into NEWVAR and check it. Changes nothing else.

    Exit 0 when the log's head is the manifest's and the verifier accepts what was exported; 1 when
    it was refused (NEWVAR is as it was) or not accepted (NEWVAR is there to be looked at).

    Example: flask storage restore /backup --identity key.txt --into /tmp/drill
    """
    settings = _settings()
    target = Target(into, database, _bucket_vault(settings, bucket))
    found = newest(folder, made)
    refuse_other(found, manifest)
    restore(found, target, identities_in(identity.read_text("utf-8")), head_of=head_of)
    click.echo(f"{found.folder.name}: head {_worded(found.head)}")
    checked = check_restored(settings, target, tenders)
    click.echo("\n".join(checked) or "no tender to verify")


def make_backup(settings: Settings, out: Path, to: tuple[str, ...], now: datetime) -> Made:
    """A backup of this installation. Raises BackupRefused."""
    folders = {"keys": settings.keys, "authority": settings.authority}
    vault: Vault = current_app.extensions["vault"]
    installed = Installed(current_database(), vault, folders, settings.var)
    return back_up(installed, out, recipients_of(to), now=now, head_of=head_of)


def head_of(db: Session) -> Head | None:
    """The log's newest head, as a manifest keeps it. Raises BackupRefused if its leaves differ."""
    head = evidence.latest_head(db)
    if head is None:
        return None
    if evidence.recomputed_root(db, head.size) != head.root:
        raise BackupRefused("backup.broken_log", "日志的叶子算不出检查点的根。")
    return {"size": head.size, "root": head.root.hex(), "note": head.note}


def refuse_other(found: Manifest, wanted: str | None) -> None:
    """Raise BackupRefused if the manifest is not the one that was asked for."""
    if wanted is not None and wanted.strip().lower() != found.sha256:
        raise BackupRefused("backup.other_manifest", "备份清单的摘要与所给的不一致。")


def check_restored(settings: Settings, target: Target, tenders: int) -> list[str]:
    """Export bundles of the newest tenders and let the verifier judge. Raises BackupRefused."""
    keys = kept_keys(target.into / "keys", settings.log_origin)
    vault = target.vault or Vault(target.into / "files")
    sources = Sources(keys, vault, kept_trust_pem(target.into / "authority"))

    def check(db: Session) -> list[str]:
        return [_verified(db, code, sources) for code in trading.newest_tenders(db, tenders)]

    return read_from(address(target, target.into), check)


def _verified(db: Session, tender: str, sources: Sources) -> str:
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder) / "bundle.zip"
        try:
            with bundle.open("xb") as file:
                head = export_dossier(db, tender, Audience.PUBLIC, sources, file)
        except (NotFound, NotYet) as refusal:
            return f"{tender}: nothing public to verify ({refusal.code})"
        words = [sys.executable, str(ROOT / "verifier/verify.py"), str(bundle)]
        words += ["--log-key", sources.keys.log]
        judged = subprocess.run(words, capture_output=True, text=True, check=False)
    if judged.returncode:
        raise BackupRefused(
            "backup.not_verified",
            "恢复后导出的 %(tender)s 未通过独立检验：%(why)s",
            tender=tender,
            why=judged.stdout[-300:],
        )
    return f"{tender}: bundle under checkpoint {head.size} verified"


def _bucket_vault(settings: Settings, bucket: str | None) -> Vault | None:
    if bucket is None:
        return None
    if settings.s3_endpoint is None:
        raise click.UsageError("--bucket needs S3_ENDPOINT")
    return S3Vault(Path(tempfile.gettempdir()), settings.s3_endpoint, bucket)


def _worded(head: Head | None) -> str:
    return f"{head['size']} {head['root']}" if head else "of an empty log"


def _settings() -> Settings:
    settings: Any = current_app.extensions["settings"]
    return settings  # type: ignore[no-any-return]
