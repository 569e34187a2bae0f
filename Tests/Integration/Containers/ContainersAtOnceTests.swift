import Failure
import FileTree
import Fixtures
import Glibc
import SystemPackage
import Testing

@testable import Containers

@Suite("Containers at once", .serialized, .enabled(if: geteuid() == 0, "needs root"))
struct ContainersAtOnceTests {
    /// What a container says of itself: nothing of another's may be in there.
    private static let script = """
        #!/bin/sh
        ls /proc/self/fd >/descriptors
        grep SigBlk: /proc/self/status >/blocked
        echo "$NUMBER" >/number
        exit "$NUMBER"

        """

    @Test("four in four threads of one process have nothing of each other")
    func nothingOfEachOther() throws {
        try inThreads(4) { thread in
            for round in 0..<Effort.repetitions(15, atLeast: 3) {
                try ContainerTests().withBench { bench in
                    let number = 10 + thread
                    bench.config.environment.append(("NUMBER", "\(number)"))
                    // Written at the last moment: a file that somebody has open for writing can't be executed.
                    try Directory(at: bench.config.upperdir).replaceFile("go", with: Self.script.utf8, mode: 0o755)
                    let status = try bench.run(["/go"]).exit.status
                    let seen = try ["descriptors", "blocked", "number"].map(bench.written)
                    let wanted = ["0\n1\n2\n3\n", "SigBlk:\t0000000000000000\n", "\(number)\n"]
                    guard Int(status) == number, seen == wanted else {
                        throw Failure("thread \(thread), round \(round): status \(status), \(seen)")
                    }
                    guard try containers(loggedIn: bench.config.logFile) == 1 else {
                        throw Failure("thread \(thread), round \(round): the log has lines of other containers")
                    }
                }
            }
        }
    }

    /// How many containers a log has lines of.
    private func containers(loggedIn log: FilePath) throws -> Int {
        let text = String(decoding: try OpenFile(log, O_RDONLY).readToEnd(limit: 64 << 20), as: UTF8.self)
        let names = text.split(separator: "\n").compactMap { line -> Substring? in
            let words = line.split(separator: " ", maxSplits: 2)
            return words.count == 3 && words[0] == "lxc" && words[1].hasPrefix("stacker-") ? words[1] : nil
        }
        return Set(names).count
    }
}
