"""What scenarios need around them. All of it is in this process's mount namespace, or on a port of loopback."""

import pathlib
import re
import subprocess
import time

TOP = pathlib.Path(__file__).resolve().parents[2]


class Servers:
    """Ends with its process."""

    def __init__(self, names: list[str], place: pathlib.Path, state: pathlib.Path):
        self.place, self.state = place, state
        self.addresses: dict[str, str] = {}
        self.processes: list[subprocess.Popen[bytes]] = []
        state.mkdir()
        if "registry" in names:
            self.addresses["registry"] = self._start_registry()
        if "files" in names:
            (place / "web").mkdir()
            self.addresses["files"] = self._start_files()

    def fill(self, text: str) -> str:
        for name, address in self.addresses.items():
            text = text.replace(f"{{{name}}}", address)
        return text

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
            process.wait()

    def _start(self, command: list[object]) -> None:
        with (self.state / "log").open("ab") as log:
            self.processes.append(subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *(str(word) for word in command)], stdout=log, stderr=log))

    def _start_registry(self) -> str:
        """What it keeps is in the place, and is reset with that."""
        configuration = self.state / "config.yml"
        configuration.write_text(
            "version: 0.1\nlog: {level: info}\nhttp: {addr: 127.0.0.1:0}\n"
            f"storage: {{filesystem: {{rootdirectory: {self.place}/registry}}, delete: {{enabled: true}}}}\n")
        self._start(["docker-registry", "serve", configuration])
        return self._wait_for(lambda: re.search(r"listening on (127\.0\.0\.1:\d+)", (self.state / "log").read_text()))

    def _start_files(self) -> str:
        self._start([TOP / "tools/serve/serve-files.py", self.place / "web", self.state])
        found = self._wait_for(lambda: (self.state / "port").exists() and re.match(r"(\d+)", (self.state / "port").read_text()))
        return f"127.0.0.1:{found}"

    def _wait_for(self, look: object) -> str:
        for _ in range(600):
            if found := look():
                return found[1]
            time.sleep(0.1)
        raise TimeoutError(f"a server doesn't start: {(self.state / 'log').read_text()}")
