"""Time-stamps: held to openssl's eyes, in order for ever, and one clear error for every failure."""

import asyncio
import hashlib
import http.server
import json
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from asn1crypto import tsp
from cryptography.hazmat.primitives import serialization
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.actions.timestamps import (
    ACCURACY_SECONDS,
    POLICY,
    BuiltInTimeStamper,
    HttpTimeStamper,
    TimeStampError,
    timestamper_for,
)
from tests.evidence import signed_papers

DIGEST = hashlib.sha256(b"evidence").digest()


def request(digest=DIGEST, algorithm="sha256", **more):
    imprint = {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": digest}
    return tsp.TimeStampReq({"version": 1, "message_imprint": imprint, "cert_req": True, **more})


def content(answer):
    return answer["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed


def run(folder, *command):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_openssl_accepts_the_answer_to_its_own_request(tmp_path):
    authority = signed_papers.authority()
    (tmp_path / "x").write_bytes(b"evidence")
    run(tmp_path, "openssl", "ts", "-query", "-data", "x", "-sha256", "-cert", "-out", "x.tsq")
    asked = tsp.TimeStampReq.load((tmp_path / "x.tsq").read_bytes())

    (tmp_path / "x.tsr").write_bytes(signed_papers.timestamper().answer(asked).dump())

    (tmp_path / "root.pem").write_bytes(authority.trust_pem)
    issuing = authority.issuing.certificate.public_bytes(serialization.Encoding.PEM)
    (tmp_path / "issuing.pem").write_bytes(issuing)
    trust = ("-CAfile", "root.pem", "-untrusted", "issuing.pem")
    good = run(tmp_path, "openssl", "ts", "-verify", "-in", "x.tsr", "-queryfile", "x.tsq", *trust)
    (tmp_path / "y").write_bytes(b"other")
    bad = run(tmp_path, "openssl", "ts", "-verify", "-in", "x.tsr", "-data", "y", *trust)
    assert "Verification: OK" in good.stdout
    assert "Verification: FAILED" in bad.stdout + bad.stderr


def test_a_token_states_policy_accuracy_and_ordering():
    token = content(signed_papers.timestamper().answer(request()))

    assert token["policy"].native == POLICY
    assert token["accuracy"]["seconds"].native == ACCURACY_SECONDS
    assert token["ordering"].native is True
    assert token["message_imprint"]["hashed_message"].native == DIGEST


def test_a_token_names_its_certificate_by_sha256():
    answer = signed_papers.timestamper().answer(request())

    signer = answer["time_stamp_token"]["content"]["signer_infos"][0]
    attributes = {entry["type"].native: entry["values"] for entry in signer["signed_attrs"]}
    identity = attributes["signing_certificate_v2"][0]["certs"][0]
    expected = signed_papers.authority().time_stamp.asn1.sha256
    assert identity["cert_hash"].native == expected
    assert "signing_certificate" not in attributes


def test_serials_and_moments_grow_over_threads_and_restarts():
    def stamp(_):
        token = content(BuiltInTimeStamper(signed_papers.authority()).answer(request()))
        return token["serial_number"].native, token["gen_time"].native

    with ThreadPoolExecutor(4) as pool:
        stamps = sorted(pool.map(stamp, range(40)))

    serials, moments = zip(*stamps, strict=True)
    assert list(serials) == list(range(serials[0], serials[0] + 40))
    assert list(moments) == sorted(set(moments))


def test_a_clock_that_was_set_back_does_not_set_tokens_back():
    path = signed_papers.authority().folder / "time_stamp.serial"
    before = path.read_text() if path.exists() else "1 2020-01-01T00:00:00+00:00"
    number = int(before.split()[0]) + 10
    path.write_text(f"{number} 2099-01-01T00:00:00+00:00")
    try:
        token = content(signed_papers.timestamper().answer(request()))
    finally:
        path.write_text(f"{number + 2} {before.split()[1]}")

    assert token["serial_number"].native == number + 1
    assert token["gen_time"].native.isoformat() == "2099-01-01T00:00:00.000001+00:00"


@pytest.mark.parametrize(
    ("asked", "failure"),
    [
        pytest.param(request(algorithm="sha1", digest=bytes(20)), "bad_alg", id="sha1"),
        pytest.param(request(digest=b"short"), "bad_data_format", id="digest too short"),
        pytest.param(request(req_policy="1.2.3"), "unaccepted_policy", id="another policy"),
    ],
)
def test_a_request_that_cannot_be_served_is_rejected_with_its_reason(asked, failure):
    status = signed_papers.timestamper().answer(asked)["status"]

    assert status["status"].native == "rejection"
    assert status["fail_info"].native == {failure}


def test_without_an_address_the_built_in_authority_is_used():
    authority = signed_papers.authority()

    assert isinstance(timestamper_for(None, authority), BuiltInTimeStamper)
    assert isinstance(timestamper_for("http://tsa.invalid", authority), HttpTimeStamper)


@contextmanager
def served(answer, status=200):
    """A web server that gives this answer (or what it computes) to every request."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            content = answer(body) if callable(answer) else answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments):
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def stamped(url):
    return asyncio.run(HttpTimeStamper(url, timeout_seconds=2).async_timestamp(DIGEST, "sha256"))


def real_answer(body, **changes):
    asked = tsp.TimeStampReq.load(body)
    for name, value in changes.items():
        asked[name] = value
    return signed_papers.timestamper().answer(asked).dump()


def test_a_real_authority_is_asked_by_its_address():
    with served(real_answer) as url:
        token = stamped(url)

    signed = token["content"]["encap_content_info"]["content"].parsed
    assert signed["message_imprint"]["hashed_message"].native == DIGEST


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        pytest.param(b"", 200, id="nothing"),
        pytest.param(b"<html>busy</html>", 200, id="a web page"),
        pytest.param(b"no", 503, id="an error status"),
        pytest.param(bytes(200_000), 200, id="too long an answer"),
        pytest.param(bytes.fromhex("30053003020102"), 200, id="a bare rejection"),
        pytest.param(lambda body: real_answer(body, nonce=5), 200, id="another nonce"),
        pytest.param(
            lambda body: real_answer(body, message_imprint=request(bytes(32))["message_imprint"]),
            200,
            id="another imprint",
        ),
        pytest.param(lambda body: real_answer(body, req_policy="1.2.3"), 200, id="a rejection"),
    ],
)
def test_every_other_answer_is_one_clear_error(answer, status):
    with served(answer, status) as url, pytest.raises(TimeStampError):
        stamped(url)


def test_an_authority_that_cannot_be_reached_is_the_same_error():
    with pytest.raises(TimeStampError):
        stamped("http://127.0.0.1:9/")


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200))
def test_garbage_is_never_taken_for_a_token(garbage):
    class Garbage(HttpTimeStamper):
        async def async_request_tsa_response(self, req):
            return tsp.TimeStampResp.load(garbage, strict=True)

    with pytest.raises(TimeStampError):
        asyncio.run(Garbage("http://tsa.invalid").async_timestamp(DIGEST, "sha256"))


def test_the_serial_file_is_plain_text_that_a_person_can_read():
    signed_papers.timestamper().answer(request())

    number, moment = (signed_papers.authority().folder / "time_stamp.serial").read_text().split()
    assert json.loads(number) >= 1
    assert moment.endswith("+00:00")
