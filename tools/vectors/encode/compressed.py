"""What a compression makes of an archive."""

import dataclasses


@dataclasses.dataclass(slots=True)
class Compressed:
    tar: bytes  # what the diff ID is of
    blob: bytes
    annotations: dict[str, str] = dataclasses.field(default_factory=dict)  # that the descriptor has by it
