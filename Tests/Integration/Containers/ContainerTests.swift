import Failure
import FileTree
import Fixtures
import Glibc
import SystemPackage
import Testing

@testable import Containers

/// One test at a time, beside those of other suites: each looks for processes, mounts and control groups of its own only.
@Suite("A container", .serialized, .enabled(if: geteuid() == 0, "needs root"))
struct ContainerTests {
    /// A prepared container, and what its script wrote.
    struct Bench {
        var config: ContainerConfig
        let directory: FilePath

        func run(_ script: String) throws -> ContainerOutcome {
            try run(["/bin/sh", "-c", script])
        }

        func run(_ arguments: [String]) throws -> ContainerOutcome {
            try Container.run(config, arguments, executable: stackerBinary())
        }

        /// The content of a file that the script made.
        func written(_ name: String) throws -> String {
            let bytes = try Directory(at: config.upperdir).readFile(FilePath(name), limit: 1 << 20)
            return String(decoding: bytes ?? [], as: UTF8.self)
        }
    }

    func withBench(named name: String = "stacker-test", _ body: (inout Bench) throws -> Void) throws {
        try withTemporaryDirectory(named: name) { directory in
            let base = directory.appending("base")
            try makeBusyboxRoot(
                at: base, applets: ["sh", "ls", "cat", "sleep", "kill", "mount", "true", "readlink", "grep", "rm"])
            for name in ["foo/overlay", "foo/rootfs", "state"] {
                try Directory.create(directory.appending(name))
            }
            var bench = Bench(
                config: ContainerConfig(
                    lowerdirs: [base], upperdir: directory.appending("foo/overlay"),
                    rootfsMount: directory.appending("foo/rootfs"),
                    // The second is what tells the processes in it from others.
                    environment: [("PATH", "/bin"), ("TEST", directory.string)],
                    stateDirectory: directory.appending("state"), logFile: directory.appending("state/lxc-foo.log")),
                directory: directory)
            try body(&bench)
            // Whatever happened, only the log is left.
            #expect(
                try Directory(at: directory.appending("state")).names().map(\.string) == ["lxc-foo.log", "lxc.log"])
            #expect(try Directory(at: directory.appending("foo")).names().map(\.string) == ["overlay", "rootfs"])
            #expect(!mountTable().contains(directory.string))
            #expect(controlGroups() == 0)
        }
    }

    func mountTable() -> String {
        guard let bytes = try? OpenFile("/proc/mounts", O_RDONLY).readToEnd(limit: 16 << 20) else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// How many directories of liblxc's are in the control group hierarchies, as far as this process is to blame.
    func controlGroups() -> Int {
        var found = glob_t()
        defer { globfree(&found) }
        let pattern = "/sys/fs/cgroup{,/*}/lxc.payload.stacker-\(getpid())-*"
        guard glob(pattern, GLOB_BRACE, nil, &found) == 0 else { return 0 }
        return Int(found.gl_pathc)
    }

    /// Whether something comes true that needs its time, more of it on a busy machine.
    func soon(_ condition: () throws -> Bool) throws -> Bool {
        for _ in 0..<1500 {
            if try condition() { return true }
            usleep(20_000)
        }
        return false
    }

    @Test(
        "reports the exit status of its program; death by signal n is 128+n",
        arguments: [
            ("exit 0", 0), ("exit 1", 1), ("exit 255", 255), ("kill -KILL $$", 137), ("kill -TERM $$", 143),
            ("kill -SEGV $$", 139),
        ])
    func exitStatus(script: String, status: Int32) throws {
        try withBench { bench in
            let exit = try bench.run(script).exit
            #expect(exit.status == status)
        }
    }

    @Test("says which program is missing")
    func missingProgram() throws {
        try withBench { bench in
            let failure = try #require(throws: Failure.self) { try bench.run(["/bin/bash", "-c", "true"]) }
            #expect(failure.description == "couldn't execute /bin/bash in the container: No such file or directory")
            #expect(failure.processExitStatus == 127)
        }
    }

    @Test("that cannot start says why")
    func startFailure() throws {
        try withBench { bench in
            bench.config.lowerdirs = [bench.directory.appending("nothing")]
            let failure = try #require(throws: Failure.self) { try bench.run("true") }
            #expect(failure.description.contains("No such file or directory"))
            #expect(failure.advice != nil)
        }
    }

    @Test("has /dev/null as standard input, its own session, and no descriptor but 0, 1 and 2")
    func descriptors() throws {
        try withBench { bench in
            let exit = try bench.run(
                """
                exec >/out
                readlink /proc/$$/fd/0
                ls /proc/$$/fd
                grep -E '^NS(sid|pgid)' /proc/$$/status
                """
            ).exit
            #expect(exit == .exited(0))
            let lines = try bench.written("out").split(separator: "\n").map(String.init)
            #expect(lines.prefix(2) == ["/dev/null", "0"])
            // 10 and up are the shell's own copies.
            #expect(lines.filter { Int($0) != nil && (3..<10).contains(Int($0) ?? 0) }.isEmpty)
            #expect(!lines.contains { $0.hasPrefix("NSsid") && $0.hasSuffix("\t0") })
        }
    }

    @Test("gets every byte of its environment")
    func environment() throws {
        try withBench { bench in
            let values = ["  blanks  ", "\"quoted\"", "'single'", "a=b", "two\nlines\n", "", "# $HOME \\ `x` é"]
            bench.config.environment += values.enumerated().map { ("V\($0.offset)", $0.element) }
            let script = values.indices.map { "printf %s \"$V\($0)\" >/v\($0)" }.joined(separator: "\n")
            let exit = try bench.run(script).exit
            #expect(exit == .exited(0))
            for (index, value) in values.enumerated() {
                #expect(try bench.written("v\(index)") == value)
            }
        }
    }

    @Test("may be built on the same layer twice")
    func sameLayerTwice() throws {
        try withBench { bench in
            let empty = bench.directory.appending("empty")
            try Directory.create(empty)
            bench.config.lowerdirs = [empty] + bench.config.lowerdirs + [empty]
            let exit = try bench.run("true").exit
            #expect(exit == .exited(0))
        }
    }

    @Test("sees the first of 500 lowerdirs, the kernel's limit, on top", arguments: ["a b:c,d\\e"])
    func manyLowerdirs(name: String) throws {
        try withBench(named: name) { bench in
            var lowerdirs: [FilePath] = []
            for index in 0..<499 {
                let path = bench.directory.appending("layers/sha256_\(index)/overlay")
                let layer = try Directory(creating: path)
                try layer.replaceFile("which", with: "\(index)".utf8)
                try layer.replaceFile(FilePath("own\(index)"), with: [])
                lowerdirs.append(path)
            }
            bench.config.lowerdirs = lowerdirs + bench.config.lowerdirs
            let exit = try bench.run("cat /which >/top; ls / | grep -c own >/count").exit
            #expect(exit == .exited(0))
            #expect(try bench.written("top") == "0")
            #expect(try bench.written("count") == "499\n")
        }
    }

    @Test("cannot write to /sys and leaves the host's control groups alone")
    func sys() throws {
        try withBench { bench in
            let script = "test -d /sys/kernel && mount | grep ' /sys' | grep -c '(rw' >/rw; true"
            let exit = try bench.run(script).exit
            #expect(exit == .exited(0))
            #expect(try bench.written("rw") == "0\n")
        }
    }

    @Test("ends what its program left in the background, and keeps the exit status")
    func stragglers() throws {
        try withBench { bench in
            let outcome = try bench.run("sleep 1000 & exit 3")
            #expect(outcome.exit == .exited(3))
            #expect(outcome.endedBackgroundProcesses)
        }
    }

    @Test("mounts what it is given, read-only if told")
    func mounts() throws {
        try withBench { bench in
            let source = bench.directory.appending("im ports")
            try Directory(creating: source).replaceFile("file", with: "x".utf8)
            bench.config.mounts = [
                ContainerMount(source: source, target: "/stacker/imports", readOnly: true, isDirectory: true)
            ]
            let exit = try bench.run("cat /stacker/imports/file >/copy; ! rm /stacker/imports/file 2>/dev/null").exit
            #expect(exit == .exited(0))
            #expect(try bench.written("copy") == "x")
        }
    }

    // MARK: - Ends that nobody planned

    /// The processes whose command line or environment names `text`, with their parents.
    func processes(naming text: String) throws -> [(pid: pid_t, parent: pid_t)] {
        try Directory(at: "/proc").names().compactMap { name in
            guard let pid = pid_t(name.string),
                ["cmdline", "environ"].contains(where: { beginning(of: FilePath("/proc/\(pid)/\($0)")).contains(text) })
            else { return nil }
            // "pid (name) state parent …"; the name of ours has no parenthesis.
            let words = beginning(of: FilePath("/proc/\(pid)/stat")).split(separator: " ")
            return (pid, words.count > 3 ? pid_t(words[3]) ?? 0 : 0)
        }
    }

    /// The first 4 KiB of a file; nothing if it is gone.
    func beginning(of path: FilePath) -> String {
        guard let file = try? OpenFile(path, O_RDONLY) else { return "" }
        return String(unsafeUninitializedCapacity: 4096) {
            (try? file.read(into: UnsafeMutableRawBufferPointer($0))) ?? 0
        }
    }

    enum Victim: CaseIterable { case guardian, monitor }

    /// Runs a script that does not end by itself for a long time, sends `signal` to a process in charge of it, and waits.
    func runAndSignal(_ bench: Bench, _ signal: Int32, to victim: Victim) throws -> Result<ContainerOutcome, Failure> {
        let state = bench.config.stateDirectory.string
        let killer = Thread {
            for _ in 0..<3000 {
                usleep(20_000)
                // Ready when the script has said so.
                guard (try? bench.written("ready")) == "1\n", let all = try? processes(naming: state) else { continue }
                let guardian = all.first { $0.parent == getpid() }?.pid
                let target = victim == .guardian ? guardian : all.first { $0.parent == guardian }?.pid
                if let target {
                    kill(target, signal)
                    return
                }
            }
        }
        defer { killer.join() }
        do {
            return .success(try bench.run("trap '' TERM INT; echo 1 >/ready; sleep 300 & sleep 100; sleep 100"))
        } catch let failure as Failure {
            return .failure(failure)
        }
    }

    @Test("ends within a second of SIGTERM or SIGINT", arguments: [SIGTERM, SIGINT])
    func stopped(signal: Int32) throws {
        try withBench { bench in
            let outcome = try runAndSignal(bench, signal, to: .guardian)
            guard case .failure(let failure) = outcome else {
                Issue.record("it ended by itself")
                return
            }
            #expect(failure.description == "interrupted")
            #expect(failure.processExitStatus == 128 + signal)
            #expect(try processes(naming: bench.directory.string).isEmpty)
        }
    }

    @Test("leaves no process when one in charge of it is killed", arguments: Victim.allCases)
    func killed(victim: Victim) throws {
        try withBench { bench in
            let outcome = try runAndSignal(bench, SIGKILL, to: victim)
            guard case .failure(let failure) = outcome else {
                Issue.record("it ended by itself")
                return
            }
            #expect(failure.description.hasSuffix("was killed"))
            // Each takes the next one along.
            #expect(try soon { try processes(naming: bench.directory.string).isEmpty && controlGroups() == 0 })
        }
    }

    @Test("is never in the host's mount table")
    func hostMounts() throws {
        try withBench { bench in
            let source = bench.directory.appending("shared")
            try Directory.create(source)
            // The script sees its own overlay, and nothing of it is outside meanwhile.
            bench.config.mounts = [
                ContainerMount(source: source, target: "/shared", readOnly: false, isDirectory: true)
            ]
            let (seen, isOver) = (Thread.Box(false), Thread.Box(false))
            // As long as there is a container, however long it takes to start.
            let watcher = Thread { [directory = bench.directory] in
                while !isOver.value {
                    usleep(10_000)
                    if mountTable().contains(directory.string) { seen.value = true }
                }
            }
            let outcome = Result {
                try bench.run("mount | grep -q 'overlay on / ' || mount | grep -q ' on / type overlay'; sleep 1")
            }
            isOver.value = true
            watcher.join()
            let exit = try outcome.get().exit
            #expect(exit == .exited(0))
            #expect(!seen.value)
        }
    }
}
