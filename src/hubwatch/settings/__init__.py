"""What the operator decides, read from the environment: a run's settings, and where a lake is."""

from hubwatch.settings.lake import LakeSettings, Storage, lake_from
from hubwatch.settings.run import NO_CHARTS, Settings, charts_are_installed

__all__ = ["NO_CHARTS", "LakeSettings", "Settings", "Storage", "charts_are_installed", "lake_from"]
