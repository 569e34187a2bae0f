import Containers
import Failure
import FileTree
import Fixtures
import Glibc
import Synchronization
import SystemPackage
import Testing

@testable import Stacker

/// What programs in containers write, through pipes.
extension ContainerTests {
    /// Keeps what it is given.
    private final class Recorder: OutputReader, LineSink {
        let bytes = Mutex<[UInt8]>([])
        let hasEnded = Mutex(false)

        func take(_ bytes: UnsafeRawBufferPointer) { self.bytes.withLock { $0 += bytes } }
        func end() { hasEnded.withLock { $0 = true } }
        func write(_ lines: UnsafeRawBufferPointer) { take(lines) }

        var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }
    }

    /// Takes nothing.
    private struct Refusal: OutputReader {
        let error: Errno

        func take(_ bytes: UnsafeRawBufferPointer) throws { throw error }
        func end() {}
    }

    @Test("has its output and its errors read from two pipes")
    func twoPipes() throws {
        try withBench { bench in
            let (output, errors) = (Recorder(), Recorder())
            bench.config.output = .pipes(output: output, error: errors)
            let exit = try bench.run("echo out; echo err >&2; printf '\\377\\0rest'; exit 3").exit
            #expect(exit == .exited(3))
            #expect(output.bytes.withLock { $0 } == Array("out\n".utf8) + [0xFF, 0] + Array("rest".utf8))
            #expect(errors.text == "err\n")
            #expect(output.hasEnded.withLock { $0 } && errors.hasEnded.withLock { $0 })
        }
    }

    @Test("writes to one pipe in its order, also by /dev/stdout")
    func onePipe() throws {
        try withBench { bench in
            let output = Recorder()
            bench.config.output = .pipes(output: output)
            let exit = try bench.run("echo a; echo b >&2; echo c; echo d >/dev/stdout").exit
            #expect(exit == .exited(0))
            #expect(output.text == "a\nb\nc\nd\n")
        }
    }

    @Test("loses nothing of 100 MB")
    func hundredMegabytes() throws {
        try withBench { bench in
            let output = Recorder()
            bench.config.output = .pipes(output: output, error: Recorder())
            let exit = try bench.run("busybox head -c 100000000 /dev/zero").exit
            #expect(exit == .exited(0))
            #expect(output.bytes.withLock { $0.count } == 100_000_000)
        }
    }

    @Test("is over when it has ended, whatever has got hold of its pipe", arguments: [false, true])
    func heldPipe(isOutside: Bool) throws {
        try withBench { bench in
            let output = Recorder()
            bench.config.output = .pipes(output: output)
            let pipe = Mutex<OpenFile?>(nil)
            let state = bench.config.stateDirectory.string
            // What is made in an upperdir while it is mounted need not be seen.
            let signals = bench.directory.appending("signals")
            try Directory.create(signals)
            try Directory.create(bench.config.lowerdirs[0].appending("signals"))
            bench.config.mounts = [
                ContainerMount(source: signals, target: "signals", readOnly: false, isDirectory: true)
            ]
            let holder = Thread {
                for _ in 0..<3000 where isOutside && pipe.withLock({ $0 == nil }) {
                    usleep(20_000)
                    guard (try? Directory(at: signals).status("ready")) != nil else { continue }
                    let all = (try? processes(naming: state)) ?? []
                    let guardian = all.first { $0.parent == getpid() }?.pid ?? 0
                    pipe.withLock { $0 = try? OpenFile(FilePath("/proc/\(guardian)/fd/1"), O_WRONLY) }
                    try? Directory(at: signals).replaceFile("go", with: [])
                }
            }
            let outcome = try bench.run(
                isOutside
                    ? "echo >/signals/ready; while ! test -e /signals/go; do sleep 0.1; done; echo end"
                    : "sleep 1000 & echo end")
            holder.join()
            #expect(outcome.endedBackgroundProcesses == !isOutside)
            #expect(pipe.withLock { $0 != nil } == isOutside)
            #expect(output.text == "end\n")
        }
    }

    @Test("gets SIGPIPE when nobody wants its output")
    func nobodyReads() throws {
        try withBench { bench in
            bench.config.output = .pipes(output: Refusal(error: .brokenPipe), error: Recorder())
            let exit = try bench.run(["/bin/busybox", "yes"]).exit
            #expect(exit.status == 128 + SIGPIPE)
        }
    }

    @Test("has not run well when its output could not be kept")
    func noSpace() throws {
        try withBench { bench in
            bench.config.output = .pipes(output: Refusal(error: .noSpace), error: Recorder())
            let failure = try #require(throws: Failure.self) { try bench.run("echo; sleep 0.1") }
            #expect(failure.description.contains("couldn't pass on what it wrote: No space left on device"))
        }
    }

    @Test("writes whole lines beside others, with its name as long as it is not alone")
    func twoAtATime() throws {
        let sink = Recorder()
        let threads = ["one", "two"].map { name in
            Thread {
                do {
                    try withBench { bench in
                        func stream() -> ScriptStream {
                            ScriptStream(to: sink, of: nil) { Array("\(name) | ".utf8) }
                        }
                        bench.config.output = .pipes(output: stream(), error: stream())
                        let exit = try bench.run("busybox seq 20000 & busybox seq 20000 >&2; wait; printf end").exit
                        #expect(exit == .exited(0))
                    }
                } catch {
                    Issue.record(error)
                }
            }
        }
        for thread in threads { thread.join() }
        let lines = sink.text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 2 * 40_001 + 1 && lines.last == "")
        for name in ["one", "two"] {
            let own = lines.filter { $0.hasPrefix("\(name) | ") }.map { $0.dropFirst(6) }
            // Two pipes are read, and the other one may have more when this one ends.
            #expect(own.count == 40_001 && own.count { $0 == "end" } == 1)
            let sum: Int = own.reduce(0) { $0 + (Int($1) ?? 0) }
            #expect(sum == 20_000 * 20_001)
        }
    }
}
