import CSyscalls
import Failure
import FileTree
import FoundationEssentials
import Glibc
import SystemPackage

/// A program `docker-credential-NAME` in `$PATH`, which keeps credentials where the user's desktop or cloud has them.
///
/// [docker-credential-helpers](https://github.com/docker/docker-credential-helpers#development)
struct CredentialHelper: Sendable {
    private let name: String
    private let program: String
    /// How long it may take: it may ask the user to unlock something, and not for ever.
    private let patience: Duration

    private static let outputLimit = 1 << 20

    /// The program of a name, or a certain one in its place.
    init(name: String, program: String? = nil, patience: Duration = .seconds(30)) {
        self.name = name
        self.program = program ?? "docker-credential-\(name)"
        self.patience = patience
    }

    /// What the program has for a server; `nil` if nothing.
    ///
    /// - Throws: `Failure` that shows nothing of what the program printed.
    func login(for server: String, checkpoint: () throws -> Void) throws -> Login? {
        let isName = name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") }
        guard isName, !name.isEmpty else { throw Failure("\(shown(name)) cannot be the name of a credential helper") }
        return try attempt(
            "couldn't get the credentials for \(server) from \(program)",
            help: "see that \(program) is in $PATH and works: echo \(server) | \(program) get"
        ) {
            let (status, output) = try run(input: server, checkpoint)
            if status != 0 {
                if String(decoding: output, as: UTF8.self).contains("credentials not found") { return nil }
                throw Failure("it ended with status \(status)")
            }
            guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(output)) else {
                throw Failure("its answer is not what such a program prints")
            }
            guard !answer.Secret.isEmpty else { return nil }
            if answer.Username == "<token>" { return .identityToken(answer.Secret) }
            return .password(WebCredentials(user: answer.Username, password: answer.Secret))
        }
    }

    private struct Answer: Decodable {
        var Username: String
        var Secret: String
    }

    // MARK: - The process

    private func run(input: String, _ checkpoint: () throws -> Void) throws -> (status: Int32, output: [UInt8]) {
        let (process, answer) = try start(input: input)
        var isOver = false
        defer { if !isOver { Self.end(process) } }
        let output = try read(answer, checkpoint)
        let status = try waitForEnd(process, checkpoint)
        isOver = true
        return (status, output)
    }

    /// Starts the program with its input ready for it.
    ///
    /// - Returns: the process, and the end of a pipe that its output comes out of.
    private func start(input: String) throws -> (pid_t, OpenFile) {
        let question = try Self.pipe()
        let answer = try Self.pipe()
        // While we hold the reading end this can neither fail nor, since a pipe holds so much, block.
        try question.writer.writeAll("\(input)\n".utf8)
        return try withExtendedLifetime((question.reader, answer.writer)) {
            (try spawn(question.reader, answer.writer), answer.reader)
        }
    }

    private static func pipe() throws -> (reader: OpenFile, writer: OpenFile) {
        var ends: [Int32] = [0, 0]
        try checked(stacker_pipe(&ends))
        return (OpenFile(owning: ends[0]), OpenFile(owning: ends[1]))
    }

    private func read(_ file: OpenFile, _ checkpoint: () throws -> Void) throws -> [UInt8] {
        let end = ContinuousClock.now + patience
        var output: [UInt8] = []
        try withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 16) { buffer in
            while true {
                try checkpoint()
                guard ContinuousClock.now < end else { throw Failure("it said nothing for \(patience)") }
                var state = pollfd(fd: file.number, events: Int16(POLLIN), revents: 0)
                guard poll(&state, 1, 50) > 0 else { continue }
                let count = try file.read(into: buffer)
                if count == 0 { return }
                output += buffer[..<count]
                guard output.count <= Self.outputLimit else { throw Errno.fileTooLarge }
            }
        }
        return output
    }

    private func waitForEnd(_ process: pid_t, _ checkpoint: () throws -> Void) throws -> Int32 {
        let end = ContinuousClock.now + patience
        var state: Int32 = 0
        while case let ended = waitpid(process, &state, WNOHANG), ended != process {
            guard ended == 0 || errno == EINTR else { throw Errno(rawValue: errno) }
            try checkpoint()
            guard ContinuousClock.now < end else { throw Failure("it did not end within \(patience)") }
            usleep(2000)
        }
        return state & 0x7f == 0 ? (state >> 8) & 0xff : 128 + state & 0x7f
    }

    private static func end(_ process: pid_t) {
        kill(process, SIGKILL)
        var state: Int32 = 0
        while waitpid(process, &state, 0) < 0, errno == EINTR {}
    }

    private func spawn(_ input: OpenFile, _ output: OpenFile) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input.number, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output.number, STDOUT_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        var strings: [UnsafeMutablePointer<CChar>?] = [strdup(program), strdup("get"), nil]
        defer { for string in strings { free(string) } }
        var process = pid_t()
        let result = posix_spawnp(&process, program, &actions, nil, &strings, environ)
        guard result == 0 else { throw Errno(rawValue: result) }
        return process
    }
}
