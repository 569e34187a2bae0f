import Failure
import Fixtures
import Glibc
import SystemPackage
import Testing

@testable import FileTree
@testable import Host

@Suite("A program beside this one")
struct ChildProcessTests {
    private func run(_ script: String, patience: Duration = .seconds(60)) throws -> ChildProcess.Outcome {
        try ChildProcess.run(["sh", "-c", script], patience: patience)
    }

    @Test("what it prints, and how it ends")
    func outcome() throws {
        let outcome = try run("echo said; echo not >&2; exit 3")
        #expect(outcome.text == "said\n" && outcome.status == 3)
        #expect(try run("kill -TERM $$").status == 128 + SIGTERM)
        #expect(try ChildProcess.run(["cat"], input: Array("given".utf8), patience: .seconds(60)).text == "given")
        #expect(try ChildProcess.run(["cat"], patience: .seconds(60)).output.isEmpty)
        let variables = try ChildProcess.run(["env"], environment: ["A=1\n2"], patience: .seconds(60))
        #expect(variables.text == "A=1\n2\n")
    }

    @Test("one that has just been written can be started while other threads start theirs")
    func justWritten() throws {
        try withTemporaryDirectory { (directory: FilePath) throws -> Void in
            try inThreads(4) { thread in
                for round in 0..<Effort.repetitions(100, atLeast: 20) {
                    let name = FilePath("\(thread)-\(round)")
                    try Directory(at: directory).replaceFile(name, with: "#!/bin/sh\nexit 7\n".utf8, mode: 0o755)
                    let program = directory.pushing(name).string
                    let outcome = try ChildProcess.run([program], patience: .seconds(60))
                    guard outcome.status == 7 else { throw Failure("\(program) ended with \(outcome.status)") }
                }
            }
        }
    }

    @Test("one that isn't there, or can't be executed, was not started")
    func missing() throws {
        #expect(throws: Errno.noSuchFileOrDirectory) {
            try ChildProcess.run(["stacker-no-such-program"], patience: .seconds(60))
        }
        #expect(throws: Errno.permissionDenied) { try ChildProcess.run(["/etc/passwd"], patience: .seconds(60)) }
    }

    @Test("it can be stopped by signals that are blocked here, or ignored by a runtime, and has no descriptor of ours")
    func surroundings() throws {
        let file = try OpenFile("/dev/null", O_RDONLY)
        let inherited = fcntl(file.number, F_DUPFD, 100)
        defer { close(inherited) }
        var blocked = sigset_t()
        var before = sigset_t()
        sigemptyset(&blocked)
        sigaddset(&blocked, SIGTERM)
        signal(SIGPIPE, SIG_IGN)
        pthread_sigmask(SIG_BLOCK, &blocked, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        let text = try run("grep -E '^Sig(Blk|Ign)' /proc/self/status; cd /proc/self/fd; echo *").text
        let lines = text.split(separator: "\n")
        let (masked, ignored) = (lines[0].dropFirst(8), lines[1].dropFirst(8))
        #expect(UInt64(masked, radix: 16) == 0)
        // What whoever started the tests ignores stays ignored; SIGPIPE they don't.
        #expect(UInt64(ignored, radix: 16).map { $0 & 1 << (SIGPIPE - 1) } == 0)
        // 3: the directory that the shell reads.
        #expect(["0 1 2", "0 1 2 3"].contains(lines.last))
    }

    @Test("of what is no child any more it can't be told how it ended")
    func forgotten() {
        #expect(throws: Errno.noChildProcess) { try ChildProcess.status(of: getpid()) }
    }

    @Test("one that prints or runs without end is ended; what it leaves in the background is not waited for")
    func bounds() throws {
        #expect(throws: Errno.fileTooLarge) { try run("yes") }
        let failure = #expect(throws: Failure.self) { try run("exec sleep 1000", patience: .milliseconds(300)) }
        #expect(failure?.description.contains("did not end within") == true)
        let background = try run("sleep 1000 & echo $!").text
        let left = try #require(pid_t(background.dropLast()))
        #expect(kill(left, SIGKILL) == 0)
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try ChildProcess.run(["sleep", "1000"], patience: .seconds(600)) { throw Stop() }
        }
    }
}
