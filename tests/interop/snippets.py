"""Takes the code out of docs/verifying-tokens.md, so that what people copy is what is tried."""

import pathlib
import re
import sys

FOLDER = pathlib.Path(sys.argv[1])
PAGE = pathlib.Path(__file__).parents[2].joinpath("docs/verifying-tokens.md").read_text()

for language, name in [("python", "snippet.py"), ("js", "snippet.mjs")]:
    code = re.search(rf"```{language}\n(.*?)```", PAGE, re.S).group(1)
    FOLDER.joinpath(name).write_text(code)
