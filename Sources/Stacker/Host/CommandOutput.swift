import CSyscalls
import FileTree
import Glibc
import SystemPackage

/// What a helper program printed, and how it ended.
struct CommandOutput: Sendable {
    /// Its exit status; 128 and the signal's number if a signal ended it.
    let status: Int32
    /// Its standard output, up to 1 MiB; standard error is dropped.
    let text: String

    /// Runs a program found in `$PATH`, without input, and waits for its end.
    init(of arguments: [String]) throws {
        var ends: [Int32] = [0, 0]
        try checked(stacker_pipe(&ends))
        let reader = OpenFile(owning: ends[0])
        let process: pid_t
        do {
            let writer = OpenFile(owning: ends[1])
            process = try Self.start(arguments, output: writer)
            // Here our copy of the writing end goes: otherwise the reader would never see the end.
        }
        // Waited for on every path: a program that prints without end gets SIGPIPE when the reader goes.
        let output = Result { try reader.readToEnd(limit: 1 << 20) }
        if case .failure = output { kill(process, SIGKILL) }
        var state: Int32 = 0
        while waitpid(process, &state, 0) < 0, errno == EINTR {}
        text = try String(decoding: output.get(), as: UTF8.self)
        status = state & 0x7f == 0 ? (state >> 8) & 0xff : 128 + state & 0x7f
    }

    private static func start(_ arguments: [String], output: OpenFile) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output.number, STDOUT_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        var strings: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for string in strings { free(string) } }
        var process = pid_t()
        let result = posix_spawnp(&process, arguments[0], &actions, nil, &strings, environ)
        guard result == 0 else { throw Errno(rawValue: result) }
        return process
    }
}
