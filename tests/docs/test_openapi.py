"""docs/openapi.yaml describes what the code does: addresses, refusals, columns and reasons."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import jsonschema
import psycopg
import pytest

from functions import bundle
from shared import conversations, settings
from stack import api_description
from tests.block_reasons import codes_of_the_database
from tests.endpoints import loaded
from tests.error_table import TABLE

Json = dict[str, Any]

TEXT = api_description.FILE.read_text()
DOCUMENT: Json = api_description.read()
SCHEMAS: Json = DOCUMENT["components"]["schemas"]
RESPONSES: Json = DOCUMENT["components"]["responses"]
OPERATIONS: dict[str, Json] = {
    f"{method.upper()} {path}": operation
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
}

# The database's types, and what the REST API makes of them.
JSON_TYPES = {
    "uuid": ("string", "uuid"),
    "text": ("string", None),
    "boolean": ("boolean", None),
    "integer": ("integer", None),
    "timestamp with time zone": ("string", "date-time"),
}


def codes(response: Json) -> list[str]:
    """The error codes of a refusal."""
    schema = response["content"]["application/json"]["schema"]
    found: list[str] = schema["allOf"][1]["properties"]["error"]["properties"]["code"]["enum"]
    return found


def test_it_is_an_openapi_document() -> None:
    import schemathesis  # takes a second, and each worker imports this module

    schemathesis.openapi.from_dict(DOCUMENT).validate()


@pytest.mark.parametrize("endpoint", bundle.endpoints(), ids=lambda endpoint: endpoint.folder)
def test_every_endpoint_of_browser_and_twilio_is_described(endpoint: bundle.Endpoint) -> None:
    if not {"browser", "twilio"} & set(endpoint.called_by):
        assert endpoint.path not in DOCUMENT["paths"]
        return
    answered = loaded(endpoint.folder).client.options(endpoint.path).headers["Allow"]
    described = {method.upper() for method in DOCUMENT["paths"][endpoint.path]}
    assert described | {"OPTIONS"} == set(answered.split(", "))
    callers = {
        tag.lower() for tags in DOCUMENT["paths"][endpoint.path].values() for tag in tags["tags"]
    }
    assert callers == set(endpoint.called_by)


def test_nothing_else_is_described() -> None:
    assert set(DOCUMENT["paths"]) <= {endpoint.path for endpoint in bundle.endpoints()}


def test_refusals_are_those_of_the_code() -> None:
    described: dict[int, set[str]] = defaultdict(set)
    for operation in OPERATIONS.values():
        for status, response in operation["responses"].items():
            if "$ref" in response:
                name = response["$ref"].removeprefix("#/components/responses/")
                described[int(status)] |= set(codes(RESPONSES[name]))
    coded: dict[int, set[str]] = defaultdict(set)
    for _, status, code in TABLE:
        coded[status].add(code)
    undescribed = {
        (status, code)
        for status, of_status in coded.items()
        for code in of_status - described[status]
    }
    # Every other method is answered 405.
    assert undescribed == {(405, "method_not_allowed")}
    assert all(described[status] <= coded[status] for status in described)


@pytest.mark.parametrize("name", RESPONSES)
def test_a_refusal_says_when_each_of_its_codes_is_meant(name: str) -> None:
    assert re.findall(r"`(\w+)`:", RESPONSES[name]["description"]) == codes(RESPONSES[name])


def test_a_conversation_has_the_columns_that_are_read(db: psycopg.Connection) -> None:
    described = SCHEMAS["Conversation"]["properties"]
    read = conversations.COLUMNS.split(",")
    embedded = ["legs", "recording_consent", "recordings"]
    assert list(described) == SCHEMAS["Conversation"]["required"] == [*read, *embedded]
    of_the_database = db.execute(
        "select column_name, data_type, is_nullable = 'YES' from information_schema.columns"
        " where table_schema = 'public' and table_name = 'conversations'"
    ).fetchall()
    types = {name: (type_, nullable) for name, type_, nullable in of_the_database}
    # These are for us, and not part of the contract.
    of_reports = {"to_country", "lead_time_zone", "lead_zone_is_estimate"}
    assert set(types) == {*read, *of_reports, "begun_at", "bridge", "is_plain", "is_held"}
    for name, column in described.items():
        if "type" in column and name in types:
            type_, nullable = types[name]
            json_type, json_format = JSON_TYPES[type_]
            assert column["type"] == ([json_type, "null"] if nullable else json_type), name
            assert column.get("format") == json_format, name


@pytest.mark.parametrize("column", ["channel", "direction", "status"])
def test_a_conversation_has_the_words_that_the_database_admits(
    db: psycopg.Connection, column: str
) -> None:
    (constraint,) = db.execute(
        "select pg_get_constraintdef(oid) from pg_constraint"
        " where conname = %s and conrelid = 'public.conversations'::regclass",
        [f"conversations_{column}_check"],
    ).fetchone() or ("",)
    words = re.findall(r"'([\w-]+)'::text", constraint)
    assert sorted(SCHEMAS["Conversation"]["properties"][column]["enum"]) == sorted(words)


def test_block_reasons_are_those_of_the_database() -> None:
    *reasons, last = SCHEMAS["BlockReason"]["enum"]
    assert last is None
    assert sorted(reasons) == codes_of_the_database()


def test_it_names_the_origins_and_the_largest_body() -> None:
    assert set(re.findall(r"`(https://[\w.]+)`", TEXT)) == settings.ALLOWED_ORIGINS
    assert "64 KB" in RESPONSES["PayloadTooLarge"]["description"]


def examples() -> Iterator[tuple[str, Json, object]]:
    """Every example, with its place and its schema."""
    contents = {name: response["content"] for name, response in RESPONSES.items()}
    for label, operation in OPERATIONS.items():
        contents[label] = operation.get("requestBody", {}).get("content", {})
    for label, content in contents.items():
        for media in content.values():
            if "example" in media:
                yield label, media["schema"], media["example"]
    for label, schema in SCHEMAS.items():
        for name, field in schema.get("properties", {}).items():
            for example in field.get("examples", []):
                yield f"{label}.{name}", field, example


@pytest.mark.parametrize(
    ("schema", "example"), [pytest.param(*of, id=label) for label, *of in examples()]
)
def test_examples_match_their_schemas(schema: Json, example: object) -> None:
    validator = jsonschema.Draft202012Validator({**schema, "components": DOCUMENT["components"]})
    validator.validate(example)
