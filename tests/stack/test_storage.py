"""The local Storage answers as hosted projects do: to Supabase's own client, to browsers that play
a part of a file, and to addresses that are forged or out of date."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import jwt
import psycopg
import pytest
from storage3 import SyncStorageClient
from storage3._sync.file_api import SyncBucketProxy
from storage3.exceptions import StorageApiError
from storage3.types import URLOptions

from functions.setup.webhook_jwt import SigningKey, mint
from stack import Stack
from stack.postgres import Postgres
from tests.supabase.tenants import Connection

LIMIT = 5000
DATA = bytes(range(256)) * 4


@pytest.fixture(scope="module")
def bucket(stack: Stack) -> Iterator[SyncBucketProxy]:
    """A bucket of small audio files, as the project's owner sees it."""
    url = stack.env["SUPABASE_URL"]
    key = SigningKey.from_secret(stack.env["SUPABASE_JWT_SECRET"])
    token = mint(key, url, role="service_role")
    headers = {"apikey": stack.env["SUPABASE_PUBLISHABLE_KEY"], "Authorization": f"Bearer {token}"}
    name = f"test-{uuid.uuid4()}"
    with httpx.Client(timeout=30) as http:
        client = SyncStorageClient(f"{url}/storage/v1/", headers, http_client=http)
        client.create_bucket(
            name, options={"file_size_limit": LIMIT, "allowed_mime_types": ["audio/mpeg"]}
        )
        yield client.from_(name)
        client.empty_bucket(name)
        client.delete_bucket(name)


def put(bucket: SyncBucketProxy, name: str) -> None:
    bucket.upload(name, DATA, {"content-type": "audio/mpeg", "cache-control": "60"})


def sign(bucket: SyncBucketProxy, name: str, options: URLOptions | None = None) -> str:
    return bucket.create_signed_url(name, 60, options)["signedURL"] or ""


def code(error: pytest.ExceptionInfo[StorageApiError]) -> str:
    return str(error.value.status)


def test_supabases_client_stores_describes_signs_and_deletes_a_file(
    bucket: SyncBucketProxy,
) -> None:
    put(bucket, "a/ü b.mp3")
    with pytest.raises(StorageApiError) as again:
        put(bucket, "a/ü b.mp3")
    assert code(again) == "409"
    about = bucket.info("a/ü b.mp3")
    assert about["size"] == len(DATA)
    assert (about["content_type"], about["cache_control"]) == ("audio/mpeg", "max-age=60")
    assert (bucket.exists("a/ü b.mp3"), bucket.exists("a/other")) == (True, False)
    assert [entry["name"] for entry in bucket.list("a")] == ["ü b.mp3"]
    assert [entry["id"] for entry in bucket.list() if entry["name"] == "a"] == [None]
    one, none = bucket.create_signed_urls(["a/ü b.mp3", "a/other"], 60)
    assert httpx.get(one["signedURL"] or "").content == bucket.download("a/ü b.mp3") == DATA
    assert none["error"] is not None
    bucket.update("a/ü b.mp3", b"another", {"content-type": "audio/mpeg"})
    assert bucket.download("a/ü b.mp3") == b"another"
    assert [entry["name"] for entry in bucket.remove(["a/ü b.mp3", "a/other"])] == ["a/ü b.mp3"]
    assert not bucket.exists("a/ü b.mp3")


def test_a_browser_gets_the_part_that_it_asks_for(bucket: SyncBucketProxy) -> None:
    put(bucket, "part.mp3")
    address = sign(bucket, "part.mp3", {"download": "call.mp3"})
    whole = httpx.get(address)
    assert whole.content == DATA
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["content-disposition"].startswith("attachment; filename=call.mp3;")
    assert "expires" in whole.headers
    assert "cache-control" not in whole.headers
    size = len(DATA)
    for asked, part, content_range in (
        ("bytes=0-", DATA, f"bytes 0-{size - 1}/{size}"),
        ("bytes=10-19", DATA[10:20], f"bytes 10-19/{size}"),
        ("bytes=-7", DATA[-7:], f"bytes {size - 7}-{size - 1}/{size}"),
        (f"bytes={size - 1}-99999", DATA[-1:], f"bytes {size - 1}-{size - 1}/{size}"),
    ):
        answer = httpx.get(address, headers={"Range": asked})
        assert (answer.status_code, answer.content) == (206, part), asked
        assert answer.headers["content-range"] == content_range
    beyond = httpx.get(address, headers={"Range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    # A server may ignore what it does not understand: https://www.rfc-editor.org/rfc/rfc9110#section-14.2
    for ignored in ("bytes=9-1", "bytes=0-1,3-4", "lines=0-1"):
        answer = httpx.get(address, headers={"Range": ignored})
        assert (answer.status_code, answer.content) == (200, DATA), ignored


def test_an_address_is_of_one_file_and_ends(stack: Stack, bucket: SyncBucketProxy) -> None:
    put(bucket, "one.mp3")
    put(bucket, "two.mp3")
    address = sign(bucket, "one.mp3")
    token = httpx.URL(address).params["token"]
    secret = stack.env["SUPABASE_JWT_SECRET"]
    claims = jwt.decode(token, secret, algorithms=["HS256"])
    late = jwt.encode({**claims, "exp": int(time.time()) - 1}, secret)
    foreign = jwt.encode(claims, "another secret, which is long enough for HS256")
    session = jwt.encode({"role": "authenticated", "exp": int(time.time()) + 60}, secret)
    for forged in (late, foreign, session, token[:-5], "", "x"):
        answer = httpx.get(address.replace(token, forged))
        assert (answer.status_code, answer.json()["statusCode"]) == (400, "400")
        assert DATA not in answer.content
    for other in ("two.mp3", "none.mp3", "%zz"):
        assert httpx.get(address.replace("one.mp3", other)).status_code == 400
    bucket.remove(["one.mp3"])
    assert httpx.get(address).json()["statusCode"] == "404"


def test_what_the_bucket_does_not_take_is_refused_and_leaves_nothing(
    stack: Stack, bucket: SyncBucketProxy
) -> None:
    files = set(stack.settings.storage_dir.iterdir())
    for data, mime_type, status in (
        (DATA, "audio/wav", "415"),
        (bytes(LIMIT + 1), "audio/mpeg", "413"),
    ):
        with pytest.raises(StorageApiError) as refused:
            bucket.upload("refused.mp3", data, {"content-type": mime_type})
        assert code(refused) == status
    # A body whose length nobody says is measured while it comes.
    client, base = bucket._client, str(bucket._base_url)
    headers = {**bucket._headers, "content-type": "audio/mpeg"}
    url = f"{base.rstrip('/')}/object/{bucket.id}/refused.mp3"
    answer = client.post(url, headers=headers, content=iter([bytes(LIMIT), b"x"]))
    assert answer.json()["statusCode"] == "413"
    answer = client.post(url, headers=bucket._headers, files={"file": "no file, a field"}, data={})
    assert answer.status_code == 400
    assert not bucket.exists("refused.mp3")
    assert set(stack.settings.storage_dir.iterdir()) == files


def test_of_two_uploads_of_one_name_one_is_kept_whole(bucket: SyncBucketProxy) -> None:
    refused: list[str] = []
    for turn in range(3):
        name, pieces = f"race-{turn}.mp3", [bytes([number]) * LIMIT for number in (1, 2)]

        def upload(piece: bytes, name: str = name) -> bytes | None:
            try:
                bucket.upload(name, piece, {"content-type": "audio/mpeg"})
            except StorageApiError as error:
                refused.append(str(error.status))
                return None
            return piece

        with ThreadPoolExecutor(2) as threads:
            kept = [piece for piece in threads.map(upload, pieces) if piece]
        assert kept == [bucket.download(name)]
    assert refused == ["409"] * 3


def test_sql_cannot_delete_what_storage_keeps_nor_change_its_tables(postgres: Postgres) -> None:
    """As on a hosted project: postgres manages policies, and is not the owner."""
    with psycopg.connect(postgres.url(user="postgres"), autocommit=True) as db:
        connection: Connection = db
        for statement in (
            "delete from storage.objects",
            "delete from storage.buckets where id = 'recordings'",
            "alter table storage.objects disable row level security",
            "alter table storage.objects add column mine text",
            "drop table storage.objects",
            "create table storage.mine ()",
            "set role supabase_storage_admin",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())
        connection.execute("create policy mine on storage.objects to authenticated using (false)")
        connection.execute("drop policy mine on storage.objects")
