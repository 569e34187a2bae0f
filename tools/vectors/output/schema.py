"""Checks a JSON value by a JSON schema: the few words of draft 2020-12 that vectors/schema.json needs."""

import re
from collections.abc import Iterator

TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
# Those that say nothing of the value.
ANNOTATIONS = {"$schema", "$id", "$defs", "title", "description"}


class Schema:
    def __init__(self, schema: dict):
        self.top = schema

    def violations(self, value: object) -> Iterator[str]:
        yield from self.check(value, self.top, "")

    def check(self, value: object, schema: dict, path: str) -> Iterator[str]:
        for word, argument in schema.items():
            if word in ANNOTATIONS or word in ("then", "else"):
                continue
            method = "check_" + re.sub("[A-Z]", lambda match: "_" + match[0].lower(), word.lstrip("$"))
            if not hasattr(self, method):
                raise NotImplementedError(f"the schema has the word {word}, which tools/vectors/output/schema.py lacks")
            yield from getattr(self, method)(value, argument, schema, path)

    def check_ref(self, value, reference, _, path):
        target = self.top
        for key in reference.removeprefix("#/").split("/"):
            target = target[key]
        yield from self.check(value, target, path)

    def check_type(self, value, name, _, path):
        is_number = name == "integer" and isinstance(value, bool)
        if not isinstance(value, TYPES[name]) or is_number:
            yield f"{path or '/'}: is no {name}"

    def check_const(self, value, wanted, _, path):
        if value != wanted:
            yield f"{path}: is {value!r}, not {wanted!r}"

    def check_enum(self, value, wanted, _, path):
        if value not in wanted:
            yield f"{path}: {value!r} is none of {', '.join(wanted)}"

    def check_pattern(self, value, pattern, _, path):
        if isinstance(value, str) and not re.search(pattern, value):
            yield f"{path}: {value!r} doesn't match {pattern}"

    def check_minimum(self, value, least, _, path):
        if isinstance(value, int) and value < least:
            yield f"{path}: {value} is less than {least}"

    def check_min_length(self, value, least, _, path):
        if isinstance(value, str) and len(value) < least:
            yield f"{path}: is shorter than {least}"

    def check_min_items(self, value, least, _, path):
        if isinstance(value, list) and len(value) < least:
            yield f"{path}: has fewer than {least} items"

    def check_required(self, value, keys, _, path):
        if isinstance(value, dict):
            yield from (f"{path}: has no {key}" for key in keys if key not in value)

    def check_properties(self, value, properties, _, path):
        if isinstance(value, dict):
            for key in value.keys() & properties.keys():
                yield from self.check(value[key], properties[key], f"{path}/{key}")

    def check_additional_properties(self, value, rule, schema, path):
        if not isinstance(value, dict):
            return
        for key in value.keys() - schema.get("properties", {}).keys():
            if rule is False:
                yield f"{path}: has a member {key}"
            elif isinstance(rule, dict):
                yield from self.check(value[key], rule, f"{path}/{key}")

    def check_items(self, value, rule, _, path):
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from self.check(item, rule, f"{path}/{index}")

    def check_one_of(self, value, rules, _, path):
        fitting = [rule for rule in rules if not any(self.check(value, rule, path))]
        if len(fitting) != 1:
            yield f"{path}: fits {len(fitting)} of the forms that it can have"

    def check_if(self, value, condition, schema, path):
        word = "else" if any(self.check(value, condition, path)) else "then"
        yield from self.check(value, schema.get(word, {}), path)
