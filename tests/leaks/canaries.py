"""Finding a secret in whatever form it may lie about: a dump of all tables, every file, every log."""

import base64
import contextlib
import io
import zipfile
import zlib

import pikepdf
import sqlalchemy as sa

_LEAST = 8  # bytes of a secret that base64 must show whole, whatever stands before it


def forms_of(secret):
    """The bytes by which a secret is known: plain, UTF-16, hex, base64 at each of three offsets."""
    texts = [secret.encode(), secret.encode("utf-16-le"), secret.encode("utf-16-be")]
    forms = []
    for raw in texts:
        forms += [raw, raw.hex().encode(), raw.hex().upper().encode()]
        for shift in range(3):
            middle = base64.b64encode(bytes(shift) + raw)[4 if shift else 0 :]
            forms.append(middle[: len(middle) - 4])
    assert all(len(form) >= _LEAST for form in forms)
    return forms


def forms_of_number(number):
    """The bytes of a whole number: as text, and as databases keep it."""
    return [str(number).encode(), number.to_bytes(6, "big"), number.to_bytes(8, "little")]


def found(forms, places):
    """Names of the places in which any of these forms lies, compressed or not."""
    return sorted(
        name
        for name, raw in places.items()
        if any(form in layer for layer in layers(raw) for form in forms)
    )


def layers(raw):
    """The bytes as they lie, and what is packed in them."""
    yield raw
    if raw.startswith(b"%PDF"):
        yield from _streams_of_pdf(raw)
    if raw.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield from layers(archive.read(name))
    for start in (b"\x78\x01", b"\x78\x9c", b"\x78\xda"):
        yield from _inflated(raw, start)


def _streams_of_pdf(raw):
    with pikepdf.open(io.BytesIO(raw)) as pdf:
        for each in pdf.objects:
            if isinstance(each, pikepdf.Stream):
                try:
                    yield each.read_bytes()
                except pikepdf.PdfError:
                    yield each.read_raw_bytes()


def _inflated(raw, start):
    """What unpacks at every place where a zlib stream may begin."""
    at = raw.find(start)
    while at >= 0:
        with contextlib.suppress(zlib.error):
            yield zlib.decompressobj().decompress(raw[at:], 1 << 20)
        at = raw.find(start, at + 1)


def dumped(database, metadata=None):
    """Table → everything in it as bytes; of every table that the database itself names, or these."""
    places = {}
    with database.reader.connect() as connection:
        if metadata is None:
            metadata = sa.MetaData()
            metadata.reflect(connection)
        for table in metadata.sorted_tables:
            rows = connection.execute(sa.select(table)).all()
            lines = sorted(b"\t".join(_raw(value) for value in row) for row in rows)
            places[f"table {table.name}"] = b"\n".join(lines)
    return places


def files_under(folder):
    """Path → bytes of every file."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _raw(value):
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
