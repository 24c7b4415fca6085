"""What may name a lake, and what would send its contents or a password where others read them."""

import pytest

from hubwatch.errors import UsageError
from hubwatch.settings import lake_from

HERE = "ducklake:postgres:dbname=hubwatch host=127.0.0.1 user=builder"
THERE = "ducklake:postgres:dbname=hubwatch host=db.example.org user=builder"


def test_without_the_variable_there_is_no_lake() -> None:
    assert lake_from({}) is None
    assert lake_from({"HUBWATCH_WAREHOUSE": "", "AWS_ENDPOINT_URL": "http://elsewhere"}) is None


@pytest.mark.parametrize(
    ("address", "catalog"),
    [
        (HERE, "postgres:dbname=hubwatch host=127.0.0.1 user=builder"),
        (THERE, "postgres:dbname=hubwatch host=db.example.org user=builder sslmode=require"),
        (f"{THERE} sslmode=verify-full", "postgres:dbname=hubwatch host=db.example.org user=builder sslmode=verify-full"),
        ("ducklake:postgres:dbname = 'a b'", "postgres:dbname='a b'"),
        ("ducklake:postgres:dbname=a host=/run/postgresql", "postgres:dbname=a host=/run/postgresql"),
        ("ducklake:postgres:dbname=a host=::1,localhost", "postgres:dbname=a host=::1,localhost"),
        ("ducklake:postgres:dbname=a host=127.0.0.1,db", "postgres:dbname=a host=127.0.0.1,db sslmode=require"),
        ("ducklake:postgres:dbname=a host=127.0.0.1.example.org", "postgres:dbname=a host=127.0.0.1.example.org sslmode=require"),
        ("ducklake:catalog.ducklake", "catalog.ducklake"),
    ],
)
def test_a_connection_that_leaves_the_machine_is_encrypted(address: str, catalog: str) -> None:
    lake = lake_from({"HUBWATCH_WAREHOUSE": address})
    assert lake is not None
    assert lake.catalog == catalog


def test_the_host_may_come_from_the_variables_of_postgres() -> None:
    lake = lake_from({"HUBWATCH_WAREHOUSE": "ducklake:postgres:dbname=a", "PGHOST": "db.example.org"})
    assert lake is not None
    assert lake.catalog == "postgres:dbname=a sslmode=require"


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"HUBWATCH_WAREHOUSE": "postgres:dbname=a"}, "is no DuckLake"),
        ({"HUBWATCH_WAREHOUSE": "ducklake:"}, "is no DuckLake"),
        ({"HUBWATCH_WAREHOUSE": "ducklake:sqlite:a.db"}, "of this kind is not supported"),
        ({"HUBWATCH_WAREHOUSE": "ducklake:postgres:postgresql://me:hidden@db/a"}, "cannot be read as NAME=VALUE words"),
        ({"HUBWATCH_WAREHOUSE": f"{HERE} password=hidden"}, "must not hold password; set PGPASSWORD"),
        ({"HUBWATCH_WAREHOUSE": f"{HERE} passfile=hidden"}, "must not hold passfile; set PGPASSWORD"),
        ({"HUBWATCH_WAREHOUSE": f"{HERE} service=hidden"}, "must not hold service; it takes"),
        ({"HUBWATCH_WAREHOUSE": f"{HERE} hostaddr=10.0.0.1"}, "must not hold hostaddr"),
        ({"HUBWATCH_WAREHOUSE": f"{THERE} sslmode=prefer"}, "sslmode=prefer sends the catalog unencrypted"),
        ({"HUBWATCH_WAREHOUSE": THERE, "PGSSLMODE": "disable"}, "sslmode=disable sends the catalog unencrypted"),
        ({"HUBWATCH_WAREHOUSE": HERE, "AWS_ENDPOINT_URL": "http://storage.example.org"}, "would send data unencrypted"),
        ({"HUBWATCH_WAREHOUSE": HERE, "AWS_ENDPOINT_URL_S3": "https://me:hidden@storage"}, "AWS_ENDPOINT_URL is not usable"),
        ({"HUBWATCH_WAREHOUSE": HERE, "HUBWATCH_WAREHOUSE_DATA": "s3://me:hidden@bucket/lake"}, "HUBWATCH_WAREHOUSE_DATA is neither"),
        ({"HUBWATCH_WAREHOUSE": HERE, "HUBWATCH_WAREHOUSE_DATA": "gs://bucket/lake"}, "HUBWATCH_WAREHOUSE_DATA is neither"),
    ],
)
def test_what_cannot_be_used_or_would_be_read_by_others_is_refused_without_showing_it(variables: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        lake_from(variables)
    assert "hidden" not in str(refused.value)


def test_no_key_is_shown_with_the_settings() -> None:
    lake = lake_from(
        {"HUBWATCH_WAREHOUSE": HERE, "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "hidden", "AWS_SESSION_TOKEN": "hidden"}
    )
    assert lake is not None
    assert "hidden" not in repr(lake) + lake.model_dump_json()
    assert lake.storage.secret is not None
    assert lake.storage.secret.get_secret_value() == "hidden"
