"""Every setting, in one frozen tree, read once from a TOML file, the environment and ``--set``.

A setting is taken from the first that names it: ``--set kafka.flush_rows=5000``, then the
environment (``CDRPIPE_KAFKA__FLUSH_ROWS=5000``), then the file, then the default. An unknown key is
a fault; all faults are reported at once, each with its place.
"""

from cdrpipe.config.reading import SettingShown, find_config_file, load_config, show_config
from cdrpipe.config.settings import Config, KafkaSettings, SourceSettings

__all__ = [
    "Config",
    "KafkaSettings",
    "SettingShown",
    "SourceSettings",
    "find_config_file",
    "load_config",
    "show_config",
]
