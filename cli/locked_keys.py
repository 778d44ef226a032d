"""Keys of orders that the master keys here do not open."""

from backoffice.data_keys import DataKeyBook
from backoffice.database import Database
from runtime.keyring import locked
from runtime.master_keys import KeysMalformed, MasterKeys


def locked_keys(database: Database, setting: str) -> list[str]:
    """What is wrong, for each master key that is in use and not in ORDERSAGA_CODEC_KEYS.

    A setting that cannot be read is told elsewhere.
    """
    try:
        masters = MasterKeys.read(setting)
    except KeysMalformed:
        return []
    kept = DataKeyBook(database).one_of_each()
    return [f"orders cannot be read: {words}" for one in kept if (words := locked(masters, one))]
