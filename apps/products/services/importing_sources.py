"""Where an import gets pictures from: the web, never a private address, or what came along with the file."""

import zipfile
import zlib
from collections import Counter
from ipaddress import ip_network
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urljoin, urlsplit

import requests
from requests_hardened import Config, HTTPSession, ip_filter
from requests_hardened.ip_filter import InvalidIPAddress
from urllib3.exceptions import HTTPError, ProtocolError

from kernel.errors import DomainError
from kernel.http.deadlines import at_most, with_ends

MAX_BYTES: Final = 10 * 1024 * 1024
CONNECT_SECONDS: Final = 3.0
TOTAL_SECONDS: Final = 10.0
MAX_REDIRECTS: Final = 3
FAILURES_OF_A_HOST: Final = 3
FAILURES_IN_ALL: Final = 12
CHUNK: Final = 64 * 1024
ip_filter.EXTRA_BLOCKED_NET_RANGES += (ip_network("fec0::/10"), ip_network("::/96"))
"""Ranges of one's own house from before those of today, which the library lets through."""
SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg"})


class PictureUnavailableError(DomainError):
    """A picture cannot be had; the product is imported without it."""

    code = "picture_unavailable"
    status = 422


class LocalPictures(Protocol):
    """Pictures that came along with the file."""

    def read(self, path: str) -> bytes:
        """Return a picture's bytes.

        :raises PictureUnavailableError: there is none, or it may not be read.
        """
        ...


class PictureFetcher:
    """Gets pictures for one import, and gives up a host, or the web, that does not answer."""

    def __init__(self, *, local: LocalPictures | None = None, allows_loopback: bool = False) -> None:
        self._local = local
        self._failures: Counter[str] = Counter()
        self._unreachable = 0
        self._session = HTTPSession(
            Config(
                ip_filter_enable=True,
                ip_filter_allow_loopback_ips=allows_loopback,
                never_redirect=True,
                default_timeout=(CONNECT_SECONDS, TOTAL_SECONDS),
                user_agent_override="Saluhall picture import",
            )
        )
        for adapter in self._session.adapters.values():
            with_ends(adapter.poolmanager)
        self._session.trust_env = False  # no proxy that looks addresses up for us, no passwords from .netrc

    def fetch(self, source: str) -> bytes:
        """Return a picture's bytes.

        :raises PictureUnavailableError: tells why, in plain words.
        """
        if not is_address(source):
            if self._local is None:
                raise PictureUnavailableError("only a picture with an http or https address can be fetched")
            return self._local.read(source)
        host = _host(source)
        if self._failures[host] >= FAILURES_OF_A_HOST:
            raise PictureUnavailableError("its host did not answer before and was not asked again")
        if self._unreachable >= FAILURES_IN_ALL:
            raise PictureUnavailableError("no host could be reached before, so it was not tried")
        content = self._download(source, host)
        self._failures[host] = self._unreachable = 0
        return content

    def _download(self, source: str, host: str) -> bytes:
        try:
            with at_most(TOTAL_SECONDS):
                return self._stream(source)
        except InvalidIPAddress:
            raise PictureUnavailableError("its address is private") from None
        except (requests.ConnectionError, requests.Timeout, ProtocolError, TimeoutError):
            self._failures[host] += 1
            self._unreachable += 1
            raise PictureUnavailableError("its host cannot be reached") from None
        except (requests.RequestException, HTTPError, ValueError, OSError):
            raise PictureUnavailableError("its address cannot be read") from None

    def _stream(self, source: str) -> bytes:
        address = source
        for _ in range(MAX_REDIRECTS + 1):
            with self._session.get(address, stream=True, allow_redirects=False) as response:
                if not response.is_redirect:
                    return _body(response)
                address = urljoin(address, response.headers["location"])
            if not is_address(address):
                raise PictureUnavailableError("its host points to something that is not on the web")
        raise PictureUnavailableError("its host points from one address to the next")


class FolderPictures:
    """Pictures in the folder of a file that somebody at the server's keyboard imports."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    def read(self, path: str) -> bytes:
        """Return a picture's bytes; a path that leads out of the folder is refused.

        :raises PictureUnavailableError: there is none, or it may not be read.
        """
        if "\0" in path or "\\" in path or Path(path).suffix.lower() not in SUFFIXES:
            raise PictureUnavailableError("its path is not one of a picture")
        try:
            target = (self._folder / path).resolve()
            if not target.is_relative_to(self._folder) or Path(path).is_absolute():
                raise PictureUnavailableError("its path leads out of the folder of the file")
            with target.open("rb") as file:
                return _limited(file.read(MAX_BYTES + 1))
        except OSError:
            raise PictureUnavailableError("there is no such picture beside the file") from None


class ArchivePictures:
    """Pictures in the ZIP archive that the file came in; nothing is unpacked to the disk."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def read(self, path: str) -> bytes:
        """Return a picture's bytes, whatever length the archive claims.

        :raises PictureUnavailableError: there is none, or it cannot be read.
        """
        try:
            with self._archive.open(path) as member:
                return _limited(member.read(MAX_BYTES + 1))
        except KeyError:
            raise PictureUnavailableError("there is no such picture in the archive") from None
        except (zipfile.BadZipFile, zlib.error, RuntimeError, OSError, EOFError, ValueError):
            raise PictureUnavailableError("the archive is damaged there") from None


def is_address(source: str) -> bool:
    """True for what is fetched from the web."""
    return source.lower().startswith(("http://", "https://"))


def _host(source: str) -> str:
    try:
        return urlsplit(source).netloc.lower()
    except ValueError:
        raise PictureUnavailableError("its address cannot be read") from None


def _body(response: requests.Response) -> bytes:
    if response.status_code != requests.codes.ok:
        raise PictureUnavailableError(f"its host answered {response.status_code}")
    content = bytearray()
    while chunk := response.raw.read1(CHUNK, decode_content=True):
        content += chunk
        if len(content) > MAX_BYTES:
            break
    return _limited(bytes(content))


def _limited(content: bytes) -> bytes:
    if len(content) > MAX_BYTES:
        raise PictureUnavailableError(f"it is larger than {MAX_BYTES // 1024 // 1024} MB")
    return content
