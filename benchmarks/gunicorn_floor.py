"""gunicorn's settings for a floor: the product's own, without the step that only its application knows."""

import runpy
from pathlib import Path

own = runpy.run_path(str(Path(__file__).parent.parent / "gunicorn.conf.py"))
globals().update({name: value for name, value in own.items() if not name.startswith("_") and name != "post_fork"})
