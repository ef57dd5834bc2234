"""Time-stamps: the built-in authority's tokens, or those of a real authority by its address.

The built-in one says when the platform says it was, which convinces nobody who distrusts the
platform; its policy identifier tells it apart. Source: RFC 3161; RFC 5816 (ESSCertIDv2).
"""

# mypy: allow-untyped-calls
# (pyHanko's constructors carry no annotations.)

import fcntl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests
from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from pyhanko.sign.general import as_signing_certificate_v2, simple_cms_attribute
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import set_tsp_headers

from evidence.actions.authority import Authority

POLICY = "1.3.6.1.4.1.55555.7318.1.1"
"""The built-in policy, under a private arc; an installation sets its own (`policy=`)."""

ACCURACY_SECONDS = 1
ANSWER_LIMIT_BYTES = 100_000
TIMEOUT_SECONDS = 10
_TICK = timedelta(microseconds=1)
_DIGEST_BYTES = {"sha256": 32, "sha384": 48, "sha512": 64}


class TimeStampError(Exception):
    """No usable time-stamp was to be had: refused, unreachable or garbage. Try again later."""


class _CheckedTimeStamper(TimeStamper):
    """Whatever an authority answers, the caller gets a fitting token or a TimeStampError."""

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """A token for this digest: granted, for this imprint, with our nonce."""
        nonce, request = self.request_cms(message_digest, md_algorithm)
        try:
            answer = await self.async_request_tsa_response(request)
            return _fitting_token(answer, request, nonce)
        except (ValueError, TypeError, KeyError, OSError) as error:
            raise TimeStampError(f"time-stamp authority: {error}") from error


class BuiltInTimeStamper(_CheckedTimeStamper):
    """The authority of this installation, in this process, with a key that stays loaded."""

    def __init__(self, authority: Authority, *, policy: str = POLICY) -> None:
        """Serial numbers are kept in the authority's folder, over restarts and processes."""
        super().__init__()
        self._key = authority.time_stamp.key
        self._certificate = authority.time_stamp.asn1
        self._chain = [_asn1_issuing(authority)]
        self._serials = authority.folder / "time_stamp.serial"
        self._policy = policy

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Answer as the HTTP service would."""
        return self.answer(req)

    def answer(self, request: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """A granted response, or a rejection that names its reason. Source: RFC 3161 2.4.2."""
        failure = _request_failure(request, self._policy)
        if failure:
            return tsp.TimeStampResp(
                {"status": tsp.PKIStatusInfo({"status": "rejection", "fail_info": {failure}})}
            )
        token = self._signed(self._token_content(request).dump())
        status = tsp.PKIStatusInfo({"status": "granted"})
        return tsp.TimeStampResp({"status": status, "time_stamp_token": token})

    def _token_content(self, request: tsp.TimeStampReq) -> tsp.TSTInfo:
        serial, moment = _next_serial(self._serials)
        content = {
            "version": "v1",
            "policy": self._policy,
            "message_imprint": request["message_imprint"],
            "serial_number": serial,
            "gen_time": moment,
            "accuracy": tsp.Accuracy({"seconds": ACCURACY_SECONDS}),
            "ordering": True,
            "tsa": asn1_x509.GeneralName("directory_name", self._certificate.subject),
        }
        if request["nonce"].native is not None:
            content["nonce"] = request["nonce"]
        return tsp.TSTInfo(content)

    def _signed(self, content: bytes) -> cms.ContentInfo:
        digest = hashes.Hash(hashes.SHA256())
        digest.update(content)
        attributes = cms.CMSAttributes(
            [
                simple_cms_attribute("content_type", "tst_info"),
                simple_cms_attribute(
                    "signing_certificate_v2", as_signing_certificate_v2(self._certificate)
                ),
                simple_cms_attribute("message_digest", digest.finalize()),
            ]
        )
        signature = self._key.sign(attributes.dump(), PKCS1v15(), hashes.SHA256())
        algorithm = algos.DigestAlgorithm({"algorithm": "sha256"})
        signed = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": cms.DigestAlgorithms([algorithm]),
                "encap_content_info": cms.EncapsulatedContentInfo(
                    {"content_type": "tst_info", "content": cms.ParsableOctetString(content)}
                ),
                "certificates": [self._certificate, *self._chain],
                "signer_infos": [self._signer(attributes, algorithm, signature)],
            }
        )
        return cms.ContentInfo({"content_type": "signed_data", "content": signed})

    def _signer(
        self, attributes: cms.CMSAttributes, algorithm: algos.DigestAlgorithm, signature: bytes
    ) -> cms.SignerInfo:
        identity = cms.IssuerAndSerialNumber(
            {
                "issuer": self._certificate.issuer,
                "serial_number": self._certificate.serial_number,
            }
        )
        return cms.SignerInfo(
            {
                "version": "v1",
                "sid": cms.SignerIdentifier("issuer_and_serial_number", identity),
                "digest_algorithm": algorithm,
                "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"}),
                "signed_attrs": attributes,
                "signature": signature,
            }
        )


class HttpTimeStamper(_CheckedTimeStamper):
    """A real authority that speaks RFC 3161 over HTTP; bounded in time and size."""

    def __init__(self, url: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        """Ask at this address; nothing is sent yet."""
        super().__init__()
        self.url = url
        self.timeout_seconds = timeout_seconds

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Post the request. Raises OSError or ValueError for anything that is no answer."""
        with requests.post(
            self.url,
            data=req.dump(),
            headers=set_tsp_headers({}),
            timeout=self.timeout_seconds,
            stream=True,
        ) as answer:
            answer.raise_for_status()
            content = answer.raw.read(ANSWER_LIMIT_BYTES + 1, decode_content=True)
        if len(content) > ANSWER_LIMIT_BYTES:
            raise ValueError("answer is too long")
        return tsp.TimeStampResp.load(content, strict=True)


def timestamper_for(
    url: str | None, authority: Authority, *, policy: str = POLICY
) -> BuiltInTimeStamper | HttpTimeStamper:
    """The configured authority by its address; without one the built-in authority."""
    return HttpTimeStamper(url) if url else BuiltInTimeStamper(authority, policy=policy)


def _asn1_issuing(authority: Authority) -> asn1_x509.Certificate:
    return authority.issuing.asn1


def _fitting_token(
    answer: tsp.TimeStampResp, request: tsp.TimeStampReq, nonce: int | None
) -> cms.ContentInfo:
    """The token of a granted answer. asn1crypto cannot even load a rejection: ValueError."""
    status = answer["status"]["status"].native
    if status not in {"granted", "granted_with_mods"}:
        raise ValueError(f"refused with status {status}, {answer['status']['fail_info'].native}")
    token = answer["time_stamp_token"]
    content = token["content"]["encap_content_info"]["content"].parsed
    if content["nonce"].native != nonce:
        raise ValueError("the answer has another nonce")
    imprint = request["message_imprint"]["hashed_message"].native
    if content["message_imprint"]["hashed_message"].native != imprint:
        raise ValueError("the answer is for another imprint")
    return token


def _request_failure(request: tsp.TimeStampReq, policy: str) -> str:
    """Why this request is refused, as a PKIFailureInfo name; empty when it is not."""
    imprint = request["message_imprint"]
    length = _DIGEST_BYTES.get(imprint["hash_algorithm"]["algorithm"].native)
    if length is None:
        return "bad_alg"
    if len(imprint["hashed_message"].native) != length:
        return "bad_data_format"
    if request["req_policy"].native not in {None, policy}:
        return "unaccepted_policy"
    return ""


def _next_serial(path: Path) -> tuple[core.Integer, core.GeneralizedTime]:
    """The next number and the moment it was given, both larger than in any earlier token.

    `ordering` promises that; a clock that was set back does not set tokens back, because the last
    moment is kept beside the number.
    """
    with path.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        number, _, last = file.read().strip().partition(" ")
        moment = datetime.now(UTC)
        if last:
            moment = max(moment, datetime.fromisoformat(last) + _TICK)
        serial = int(number or 0) + 1
        file.seek(0)
        file.truncate()
        file.write(f"{serial} {moment.isoformat()}")
        file.flush()
    return core.Integer(serial), core.GeneralizedTime(moment)
