"""Switches of the local test server as text."""

import pytest

from hubwatch.sandbox.switches import Switches


def test_switches_are_set_by_text() -> None:
    asked = ["window=10000", "creation-order=none", "dolphin=forbidden", "search=prefix", "wisemodel_list=false"]
    expected = Switches(window=10_000, creation_order=None, dolphin="forbidden", search="prefix", wisemodel_list=False)
    assert Switches.parse(asked) == expected
    assert Switches.parse([]) == Switches()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("windows=1", "there is no switch 'windows', only page_cap, dolphin"),
        ("window=many", "window=many: it is a number"),
        ("creation_order=Created", "it is GmtCreated or GmtCreate or none"),
        ("wisemodel_list=no", "it is true or false"),
    ],
)
def test_a_switch_that_cannot_be_set_is_refused_with_what_there_is(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Switches.parse([text])
