import Failure
import FileTree
import Glibc

/// A child process that runs iterations and says on its stdout which.
struct Worker {
    enum What {
        case ended
        case problem(String)
    }

    private let process: pid_t
    private let output: OpenFile
    private var text = ""
    private var current: Int

    init(seed: UInt64, first: Int, iterations: Int, memory: Int) throws {
        current = first
        var ends: [Int32] = [0, 0]
        try checked(pipe(&ends))
        output = OpenFile(owning: ends[0])
        let input = OpenFile(owning: ends[1])
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input.number, 1)
        let words = [
            "layer-fuzz", "--child", "--seed", "\(seed)", "--first", "\(first)", "--iterations", "\(iterations)",
            "--memory", "\(memory)",
        ]
        var arguments = words.map { strdup($0) }
        defer { for argument in arguments { free(argument) } }
        arguments.append(nil)
        var process = pid_t()
        let error = posix_spawn(&process, "/proc/self/exe", &actions, nil, arguments, environ)
        if error != 0 { throw Failure("couldn't start a worker: \(String(cString: strerror(error)))") }
        self.process = process
    }

    /// Reads what it says until it ends, hangs, or its time is over.
    mutating func follow(until deadline: Int, patience: Int) throws -> (what: What, next: Int) {
        var lastSign = now()
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            var poll = pollfd(fd: output.number, events: Int16(POLLIN), revents: 0)
            let ready = Glibc.poll(&poll, 1, 500)
            if ready > 0 {
                let count = Glibc.read(output.number, &buffer, buffer.count)
                if count == 0 { return try wait() }
                if count > 0 {
                    lastSign = now()
                    text += String(decoding: buffer[..<count], as: UTF8.self)
                    takeLines()
                }
            }
            if now() >= deadline {
                kill(process, SIGKILL)
                _ = try wait()
                return (.ended, current)
            }
            if now() - lastSign > patience {
                kill(process, SIGKILL)
                _ = try wait()
                return (.problem("no end after \(patience) seconds"), current + 1)
            }
        }
    }

    private var problem: String?
    private var isDone = false

    private mutating func takeLines() {
        while let end = text.firstIndex(of: "\n") {
            let line = text[..<end]
            if line.hasPrefix("start ") { current = Int(line.dropFirst(6)) ?? current }
            if line.hasPrefix("problem ") { problem = String(line.dropFirst(8)) }
            if line == "done" { isDone = true }
            text = String(text[text.index(after: end)...])
        }
    }

    private func wait() throws -> (what: What, next: Int) {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        if let problem { return (.problem(problem), current + 1) }
        if isDone { return (.ended, current + 1) }
        let signal = status & 0x7f
        return (
            .problem(signal != 0 ? "crashed with signal \(signal)" : "ended with status \(status >> 8)"), current + 1
        )
    }
}
