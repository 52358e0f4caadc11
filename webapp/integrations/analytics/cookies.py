from collections.abc import Mapping


def read(cookies: Mapping[str, str], measurement_id: str) -> dict[str, str] | None:
    return None
