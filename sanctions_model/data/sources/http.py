"""A bounded HTTP client: own hosts only, a deadline, a largest size, whole bodies.

Knows requests and answers; does not know what an answer means.
"""

import http.client
import json
import socket
import ssl
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPMessage
from typing import IO, Any

from sanctions_model.errors import SourceError

_CHUNK = 1 << 16
_LONGEST_LENGTH = 20  # digits of a number of bytes
_USER_AGENT = "sanctions-model (statistical data client)"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpClient:
    """Fetches one body at a time, within bounds.

    `hosts`: names of the hosts that may be asked, also by a redirect. `wait_seconds`: longest
    silence, while connecting or between two pieces of the body. `deadline_seconds`: longest time
    for the whole answer: a body that drips is refused as well. `largest_bytes`: largest body.
    """

    hosts: frozenset[str]
    wait_seconds: float = 20.0
    deadline_seconds: float = 90.0
    largest_bytes: int = 20_000_000

    def fetch(
        self, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> bytes:
        """Return the body of an answer.

        `url`: http or https, of one of the hosts. `body`: posts it; without one the request is a
        GET. Raises `SourceError` if the host is not among the hosts, does not answer in time,
        answers with an error or a redirect to another host, or the body is too large or not whole.
        The message names the host and the reason, never the query, which may hold a user's key.
        """
        self._require_own_host(url)
        host = urllib.parse.urlsplit(url).hostname
        request = urllib.request.Request(
            url,
            data=body,
            headers={
                "User-Agent": _USER_AGENT,
                "Accept-Encoding": "identity",
                **(headers or {}),
            },
        )
        until = time.monotonic() + self.deadline_seconds
        opener = urllib.request.build_opener(_OwnHosts(self._require_own_host))
        try:
            return self._answered(opener, request, host, until)
        except urllib.error.HTTPError as error:
            error.close()
            reason = http.client.responses.get(error.code, "unknown status")
            raise SourceError(f"{host} answered HTTP {error.code} ({reason})") from None
        except TimeoutError:
            raise SourceError(
                f"{host} was silent for {self.wait_seconds:g} seconds (time-out)"
            ) from None
        except http.client.IncompleteRead as error:
            raise SourceError(
                f"the answer of {host} was cut off after {len(error.partial)} bytes"
            ) from None
        except urllib.error.URLError as error:
            raise SourceError(self._unreachable(host, error.reason)) from None
        except SourceError:
            raise
        except (http.client.HTTPException, OSError, ValueError) as error:  # an address of no form
            raise SourceError(self._unreachable(host, error)) from None

    def _answered(
        self,
        opener: urllib.request.OpenerDirector,
        request: urllib.request.Request,
        host: object,
        until: float,
    ) -> bytes:
        """Return a body, read in a thread that is left behind if the answer comes drop by drop.

        Headers, the length of a piece and what follows the last one are lines, which the library
        reads to their end whatever the deadline.
        """
        found: list[bytes | Exception] = []

        def work() -> None:
            try:
                with opener.open(request, timeout=self.wait_seconds) as answer:
                    found.append(self._whole(answer, until))
            except Exception as error:  # noqa: BLE001 (raised below, in the caller's thread)
                found.append(error)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        thread.join(self.deadline_seconds)
        if not found:
            raise SourceError(
                f"{host} took more than {self.deadline_seconds:g} seconds for its answer"
            )
        if isinstance(found[0], Exception):
            raise found[0]
        return found[0]

    def _unreachable(self, host: str | None, reason: object) -> str:
        if isinstance(reason, TimeoutError):
            return f"{host} was silent for {self.wait_seconds:g} seconds (time-out)"
        if isinstance(reason, socket.gaierror):
            return f"{host} was not found (no network, or no such host)"
        if isinstance(reason, ssl.SSLError):
            return f"{host} has no valid certificate ({reason.reason or reason})"
        words = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
        return f"{host} cannot be reached ({words})"

    def _whole(self, answer: http.client.HTTPResponse, until: float) -> bytes:
        host = urllib.parse.urlsplit(answer.geturl()).hostname
        encoding = answer.headers.get("Content-Encoding", "identity")
        if encoding != "identity":
            raise SourceError(f"{host} sent content encoding {encoding!r}, expected none")
        stated = answer.headers.get("Content-Length")
        if stated is not None and not (stated.isdecimal() and len(stated) < _LONGEST_LENGTH):
            raise SourceError(f"{host} states a length of {stated[:20]!r}, expected a number")
        if stated is not None and int(stated) > self.largest_bytes:
            raise SourceError(f"{host} sends {stated} bytes, at most {self.largest_bytes} are read")
        pieces, size = [], 0
        while piece := answer.read1(_CHUNK):
            pieces.append(piece)
            size += len(piece)
            if size > self.largest_bytes:
                raise SourceError(f"{host} sent more than {self.largest_bytes} bytes")
            if time.monotonic() > until:
                raise SourceError(
                    f"{host} took more than {self.deadline_seconds:g} seconds for its answer"
                )
        if stated is not None and size != int(stated):
            raise SourceError(f"the answer of {host} was cut off after {size} of {stated} bytes")
        if size == 0:
            raise SourceError(f"{host} sent an empty answer")
        return b"".join(pieces)

    def _require_own_host(self, url: str, previous: str | None = None) -> None:
        parts = urllib.parse.urlsplit(url)
        if previous is not None and parts.hostname not in self.hosts:
            raise SourceError(
                f"{urllib.parse.urlsplit(previous).hostname} redirects to {parts.hostname}, which "
                f"is not among the source's own hosts ({', '.join(sorted(self.hosts))}): refused"
            )
        if parts.hostname not in self.hosts:
            raise SourceError(
                f"{parts.hostname} is not among the source's own hosts "
                f"({', '.join(sorted(self.hosts))})"
            )
        secure = previous is None or not previous.startswith("https:")
        if parts.scheme not in ({"http", "https"} if secure else {"https"}):
            raise SourceError(f"{parts.hostname} is asked by {parts.scheme!r}, expected https")


class _OwnHosts(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only to one of the client's hosts, and never from https to http."""

    max_redirections = 5

    def __init__(self, check: Callable[[str, str], None]) -> None:
        self._check = check

    def http_error_302(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage
    ) -> Any:
        """Follow, or close the answer and raise: the library leaves it open at no address."""
        try:
            return super().http_error_302(req, fp, code, msg, headers)
        except ValueError:  # a `SourceError` is one
            fp.close()
            raise

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Return the next request, or raise `SourceError`."""
        self._check(newurl, req.full_url)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def require_extra(package: str) -> SourceError:
    """Return the refusal of a source that needs a package which is not installed."""
    return SourceError(
        f"needs the package {package}, which is not installed: pip install 'sanctions-model[data]'"
    )


def safe_xml(content: bytes) -> Any:
    """Parse a document and return its root.

    A document type is refused before anything in it is expanded, so that a document of a few
    hundred bytes cannot grow to gigabytes.

    Raises `SourceError` if defusedxml is not installed, or the document is not well formed,
    declares entities or refers to other documents.
    """
    try:
        from defusedxml.common import DefusedXmlException
        from defusedxml.ElementTree import ParseError, fromstring
    except ImportError:
        raise require_extra("defusedxml") from None
    try:
        return fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        kind = type(error).__name__
        raise SourceError(
            f"the XML declares a document type or entities ({kind}): refused"
        ) from None
    except (ParseError, LookupError, ValueError) as error:  # an encoding that nobody knows
        raise SourceError(f"the answer is not well-formed XML ({error})") from None


def parse_json(content: bytes, path: tuple[str, ...] = ()) -> Any:
    """Parse a document and return what stands in it at a path of field names.

    `path`: names of fields, from the outside in. Raises `SourceError` if it is not JSON or has no
    such field.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise SourceError("the answer is not JSON") from None
    try:
        for name in path:
            found = found[name]
    except (KeyError, TypeError):
        raise SourceError(f"the answer has no field {'.'.join(path)!r}") from None
    return found
