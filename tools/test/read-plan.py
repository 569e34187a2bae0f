#!/usr/bin/env python3
"""Reads what `stacker plan` has written for an engine as that engine does, and says what it would run.

    tools/test/read-plan.py gitlab|argo|github|dot FILE

Prints JSON: for each job, by its name, `needs`, `rank` (the stage, or the matrix, that it is in) and `argv`, the
command line that `stacker` gets. For dot, for each node its `label`, as it is shown. What the engine would refuse
is an error.

GitLab's file is checked against the schema that check-jsonschema has of it, and its scripts are run by sh with a
stacker that says its arguments. Argo's is read by hera's types; its variables and then those of Kubernetes are
replaced, as in a pod. GitHub's outputs are read by lines, as a runner does.

Runs with the Python of .build/python, which has all that it needs beside the standard library.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from typing import Any

STACKER = "#!/usr/bin/env python3\nimport json, sys\nprint(json.dumps(sys.argv[1:]))\n"


class Refused(Exception):
    """What an engine would not take."""


def load_yaml(text: str) -> Any:
    from ruamel.yaml import YAML

    return YAML(typ="safe", pure=True).load(text)


def run_gitlab(text: str) -> dict[str, Any]:
    judge = pathlib.Path(sys.executable).with_name("check-jsonschema")
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory, "plan.yml")
        path.write_text(text)
        run = subprocess.run(
            [judge, "--builtin-schema", "vendor.gitlab-ci", path], capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise Refused(run.stdout + run.stderr)
        pipeline = load_yaml(text)
        stages = pipeline["stages"]
        jobs = {key: pipeline.get(job.get("extends"), {}) | job for key, job in pipeline.items()
                if key not in ("stages", "default", "variables") and not key.startswith(".")}
        found = {}
        for name, job in jobs.items():
            needs = [need["job"] for need in job.get("needs", [])]
            rank = stages.index(job.get("stage", stages[0]))
            if len(needs) > 50:
                raise Refused(f"{name} has {len(needs)} needs")
            for need in needs:
                if stages.index(jobs[need]["stage"]) >= rank:
                    raise Refused(f"{name} needs {need}, which is in no earlier stage")
            if "needs" not in job:
                needs = [other for other in jobs if stages.index(jobs[other].get("stage", stages[0])) < rank]
            variables = pipeline["variables"] | job.get("variables", {})
            found[name] = {"needs": needs, "rank": rank, "argv": run_script(directory, job["script"], variables)}
        return found


def run_script(directory: str, script: list[str], variables: dict[str, Any]) -> list[str] | None:
    """Runs a script in an environment of these variables: what may be expanded has no place in them."""
    program = pathlib.Path(directory, "stacker")
    program.write_text(STACKER)
    program.chmod(0o755)
    environment = {"PATH": f"{directory}:{os.environ['PATH']}", "CI_JOB_ID": "7"}
    for name, value in variables.items():
        if isinstance(value, dict):
            if value["expand"] is not False:
                raise Refused(f"{name} is expanded")
            environment[name] = value["value"]
    run = subprocess.run(
        ["sh", "-ec", "\n".join(script)], cwd=directory, env=environment, capture_output=True, text=True, check=True)
    return json.loads(run.stdout) if run.stdout else None


def run_argo(text: str) -> dict[str, Any]:
    from hera.workflows.models import Workflow

    document = load_yaml(text)
    refuse_unknown(document, Workflow.model_validate(document).model_dump(by_alias=True, exclude_none=True), "")
    spec = document["spec"]
    templates = {template["name"]: template for template in spec["templates"]}
    known = {f"workflow.parameters.{entry['name']}": entry.get("value", "given")
             for entry in spec["arguments"]["parameters"]}
    tasks = templates[spec["entrypoint"]]["dag"]["tasks"]
    found: dict[str, Any] = {}
    for task in tasks:
        if not re.fullmatch(r"[a-zA-Z][-a-zA-Z0-9]{0,62}", task["name"]):
            raise Refused(f"{task['name']} is no name of a task")
        needs = task.get("dependencies", [])
        if any(need not in found for need in needs):
            raise Refused(f"{task['name']} needs what is not before it")
        given = {f"inputs.parameters.{entry['name']}": entry["value"]
                 for entry in task.get("arguments", {}).get("parameters", [])}
        # Argo replaces in the JSON of a whole template, first the workflow's variables, then the template's own.
        whole = json.dumps(templates[task["template"]])
        for values in (known, known | given):
            whole = substituted(whole, values)
        container = json.loads(whole)["container"]
        if container["command"] != ["stacker"]:
            raise Refused("another command")
        argv = [kubernetes_expanded(word) for word in container["args"]]
        rank = max((found[need]["rank"] + 1 for need in needs), default=0)
        found[task["name"]] = {"needs": needs, "rank": rank, "argv": argv}
    return found


def refuse_unknown(written: Any, understood: Any, place: str) -> None:
    """What the types don't know is not in what they give back."""
    if isinstance(written, dict):
        for key, value in written.items():
            if key not in understood:
                raise Refused(f"Argo knows no {place}.{key}")
            refuse_unknown(value, understood[key], f"{place}.{key}")
    elif isinstance(written, list):
        for number, value in enumerate(written):
            refuse_unknown(value, understood[number], f"{place}[{number}]")


def substituted(text: str, values: dict[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1].strip()
        return json.dumps(values[name])[1:-1] if name in values else match[0]

    return re.sub(r"\{\{(.*?)\}\}", value, text)


def kubernetes_expanded(word: str) -> str:
    """`$(NAME)` is a variable of the container, `$$` a dollar; nothing that isn't ours may be the former."""
    def value(match: re.Match[str]) -> str:
        if match[0] != "$$":
            raise Refused(f"{match[0]} would be expanded")
        return "$"

    return re.sub(r"\$\$|\$\([^)]*\)", value, word)


def run_github(text: str) -> dict[str, Any]:
    outputs: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.partition("=")
        if not re.fullmatch(r"[a-z0-9-]+", name) or "<<" in name or name in outputs:
            raise Refused(f"no output: {line}")
        outputs[name] = value
    options = json.loads(outputs["options"])
    found = {}
    earlier: list[str] = []
    for rank in range(int(outputs["ranks"])):
        row = json.loads(outputs[f"rank-{rank + 1}"])
        if not 0 < len(row) <= 256:
            raise Refused(f"a matrix of {len(row)} jobs")
        for job in row:
            argv = ["build", f"--stacker-file={job['file']}", *options]
            found[job["name"]] = {"needs": earlier, "rank": rank, "argv": argv}
        earlier = earlier + [job["name"] for job in row]
    if "publish" in outputs:
        argv = ["publish", *json.loads(outputs["publish"])]
        found["publish"] = {"needs": earlier, "rank": int(outputs["ranks"]), "argv": argv}
    return found


def run_dot(text: str) -> dict[str, Any]:
    run = subprocess.run(["dot", "-Tjson"], input=text, capture_output=True, text=True, check=False)
    if run.returncode != 0 or run.stderr:
        raise Refused(run.stderr)
    graph = json.loads(run.stdout)
    objects = graph.get("objects", [])
    found = {}
    for thing in objects:
        drawn = [part["text"] for part in thing.get("_ldraw_", []) if part["op"] == "T"]
        needs = [objects[edge["tail"]]["name"] for edge in graph.get("edges", [])
                 if objects[edge["head"]]["name"] == thing["name"]]
        found[thing["name"]] = {"label": drawn, "needs": needs}
    return found


def main(arguments: list[str]) -> int:
    kind, path = arguments
    readers = {"gitlab": run_gitlab, "argo": run_argo, "github": run_github, "dot": run_dot}
    try:
        found = readers[kind](pathlib.Path(path).read_text())
    except Refused as refused:
        print(f"error: {kind} would not take it: {refused}", file=sys.stderr)
        return 1
    print(json.dumps(found))
    return 0


sys.exit(main(sys.argv[1:]))
