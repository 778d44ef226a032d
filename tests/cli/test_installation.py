"""What an installation keeps: the master keys that it was given, and its own behind them."""

from pathlib import Path

import pytest

from cli.installation import Installation
from runtime.master_keys import KeysMalformed, new_master_key


def test_given_master_keys_come_in_front_and_none_is_ever_lost(tmp_path: Path) -> None:
    own = Installation.at(tmp_path).secrets["codec_keys"]
    k2, k3 = new_master_key("k2"), new_master_key("k3")
    for given, kept in (
        ("", own),
        (f"{k2},{own}", f"{k2},{own}"),
        (k3, f"{k3},{k2},{own}"),
        ("", f"{k3},{k2},{own}"),
        (own, f"{own},{k3},{k2}"),
    ):
        Installation.at(tmp_path).hold(given)
        assert Installation.at(tmp_path).secrets["codec_keys"] == kept


def test_another_key_under_a_kept_id_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    own = Installation.at(tmp_path).secrets["codec_keys"]
    with pytest.raises(KeysMalformed, match="another key with the id k1 is in use"):
        Installation.at(tmp_path).hold(new_master_key("k1"))
    assert Installation.at(tmp_path).secrets["codec_keys"] == own
