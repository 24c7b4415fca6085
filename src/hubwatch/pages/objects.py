"""Objects in storage that several machines see: put whole, listed, read, deleted. Sole owner of obstore."""

import os
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hubwatch.errors import StorageFault, UsageError
from hubwatch.net import is_loopback

if TYPE_CHECKING:
    from obstore.store import ObjectStore

SCHEMES = ("s3", "gs", "az", "file")
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT", "GOOGLE_BASE_URL", "AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT")
_KEYS = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or what your cloud has in their place"
_REFUSALS = ("AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch")
_ANSWERS = timedelta(seconds=60)  # of one request, with a few megabytes under way
_RETRIES = timedelta(seconds=10)


@dataclass(frozen=True)
class Entry:
    """An object as storage lists it; `tag` changes with its bytes."""

    key: str
    tag: str


def storage_url(text: str) -> str:
    """The address of a folder in object storage, in one spelling; `ValueError` says what is wrong with another."""
    url = text.strip().rstrip("/")
    parts = urlsplit(url)
    is_folder = parts.scheme == "file" and not parts.netloc and len(parts.path) > 1
    if parts.scheme not in SCHEMES or not (is_folder or (parts.scheme != "file" and parts.netloc)):
        raise ValueError(f"it is not an address of object storage such as s3://bucket/prefix ({', '.join(SCHEMES)})")
    if re.search(r"[^!-~]|[@?#\\]", url):
        raise ValueError("keys and options do not belong in it: they have variables of their own, such as AWS_ACCESS_KEY_ID")
    return url


class Objects:
    """The objects under one address. `StorageFault` where storage does not do what is asked, `UsageError` where it cannot be asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._store = _opened(url)

    def put(self, key: str, body: bytes) -> str:
        """Put an object whole, in place of one of this name; its tag."""
        import obstore

        try:
            return _plain_tag(obstore.put(self._store, key, body, use_multipart=False)["e_tag"])
        except (obstore.exceptions.BaseError, OSError) as error:
            raise self._fault("put", key, error) from None

    def get(self, key: str) -> tuple[bytes, str] | None:
        """An object's bytes and tag; None where there is none of this name."""
        import obstore

        try:
            found = obstore.get(self._store, key)
            return bytes(found.bytes()), _plain_tag(found.meta["e_tag"])
        except FileNotFoundError:
            return None
        except (obstore.exceptions.BaseError, OSError) as error:
            raise self._fault("read", key, error) from None

    def list(self, folder: str) -> Iterator[Entry]:
        """The objects below a folder, in no order."""
        import obstore

        try:
            for some in obstore.list(self._store, folder):
                yield from [Entry(one["path"], _plain_tag(one["e_tag"])) for one in some]
        except FileNotFoundError:  # a folder of a disk that is not there yet
            return
        except (obstore.exceptions.BaseError, OSError) as error:
            raise self._fault("list", folder, error) from None

    def delete(self, keys: Collection[str]) -> None:
        """Delete these objects; one that is gone already is no fault."""
        import obstore

        for key in keys:  # one by one: not every service knows how to delete many at once
            try:
                obstore.delete(self._store, key)
            except FileNotFoundError:
                continue
            except (obstore.exceptions.BaseError, OSError) as error:
                raise self._fault("delete", key, error) from None

    def told(self, key: str) -> str:
        """An object as messages name it."""
        return f"{self.url}/{key}"

    def _fault(self, what: str, key: str, error: Exception) -> StorageFault:
        said = str(error).partition("\n\nDebug source")[0]
        code = re.search(r"<Code>(\w{1,60})</Code>", said)
        why = code[1] if code else " ".join(said.rpartition(" - ")[2].split())[:160]
        if type(error).__name__ in ("PermissionDeniedError", "UnauthenticatedError") or (code and code[1] in _REFUSALS):
            cure = f"check the keys and their rights ({_KEYS})"
        elif code and code[1] == "NoSuchBucket":
            cure = "make the bucket, or name another in HUBWATCH_PAGES"
        else:
            cure = "check the network, and the address of the storage in HUBWATCH_PAGES and AWS_ENDPOINT_URL"
        return StorageFault(f"{self.told(key)} cannot be {_PAST.get(what, what)} ({re.sub(r'[?].*', '', why)}); {cure}")


_PAST = {"list": "listed", "delete": "deleted"}


def _plain_tag(tag: str | None) -> str:
    """A tag as listings have it: what a put answers may have quotes around it."""
    return (tag or "").strip('"')


def _opened(url: str) -> "ObjectStore":
    try:
        from obstore.store import LocalStore, from_url
    except ImportError:
        raise UsageError("HUBWATCH_PAGES needs one more package: pip install obstore") from None
    if url.startswith("file:"):
        return LocalStore(urlsplit(url).path, mkdir=True)
    named = {name: value for name in _ENDPOINTS if (value := os.environ.get(name))}
    for name, endpoint in named.items():
        if urlsplit(endpoint).scheme == "http" and not is_loopback(endpoint):
            raise UsageError(f"{name} is not usable: pages and keys go to another machine over https only; correct or unset it")
    options = {"timeout": _ANSWERS, "connect_timeout": timedelta(seconds=5), "allow_http": any(map(is_loopback, named.values()))}
    opened: Callable[..., ObjectStore] = from_url  # its own types want to know which service an address is of
    try:
        return opened(url, client_options=options, retry_config={"max_retries": 3, "retry_timeout": _RETRIES})
    except Exception as error:  # of the library's own kinds, one a service
        if type(error).__module__.partition(".")[0] != "obstore":
            raise
        said = " ".join(str(error).partition("Debug source")[0].split())[:160]
        raise UsageError(f"HUBWATCH_PAGES={url} is not usable ({said}); correct or unset it") from None
