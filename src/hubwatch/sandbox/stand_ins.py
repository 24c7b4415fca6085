"""The stand-ins, a folder a hub: which hubs the sandbox can serve."""

from collections.abc import Callable, Iterable
from typing import Any

from hubwatch.sandbox.huggingface.server import HuggingFace
from hubwatch.sandbox.modelscope.server import ModelScope
from hubwatch.sandbox.switches import Switches
from hubwatch.sandbox.wire import Hub
from hubwatch.sandbox.wisemodel.server import WiseModel

Records = Iterable[dict[str, Any] | bytes]

STAND_INS: dict[str, Callable[[Records, Switches], Hub]] = {stand_in.name: stand_in for stand_in in (HuggingFace, ModelScope, WiseModel)}
