"""Leaves the forms out of a document, for generators that read one kind of body."""

import json
import sys

document = json.load(sys.stdin)
for path in document["paths"].values():
    for operation in path.values():
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            content.pop("application/x-www-form-urlencoded", None)
json.dump(document, sys.stdout)
