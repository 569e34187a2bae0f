import CSyscalls
import Failure
import FileTree
import Glibc
import SystemPackage

/// A program that runs beside this process: it has default signal actions, no descriptor of ours, the limit of descriptors
/// that stacker found, and bounds on what it prints and how long it takes.
package enum ChildProcess {
    /// What it printed, and how it ended.
    package struct Outcome: Sendable {
        /// Its exit status; 128 and the signal's number if a signal ended it.
        package let status: Int32
        /// Its standard output.
        package let output: [UInt8]

        /// The output as text.
        package var text: String { String(decoding: output, as: UTF8.self) }
    }

    /// What a program may be given to read: as much as any pipe holds while nobody reads it.
    private static let inputLimit = 4096

    /// Runs a program to its end. Its standard error is dropped.
    ///
    /// What outlives it in the background is not waited for.
    ///
    /// - Parameters:
    ///   - arguments: its path, or its name in `$PATH`, and its arguments, which every user of the machine can read.
    ///   - environment: its variables, each `NAME=value`; those of this process if `nil`.
    ///   - input: what it reads, at most 4096 bytes; nothing if empty.
    ///   - outputLimit: bytes that it may print; more end it, and are `EFBIG`.
    ///   - patience: how long it may take; after that it is ended.
    ///   - checkpoint: called several times a second; what it throws ends the program.
    /// - Throws: `Errno` if it can't be started, ENOENT if there is none; `Failure` if it takes too long.
    package static func run(
        _ arguments: [String], environment: [String]? = nil, input: [UInt8] = [], outputLimit: Int = 1 << 20,
        patience: Duration, checkpoint: () throws -> Void = {}
    ) throws -> Outcome {
        let (process, reader) = try start(arguments, environment, input)
        var state: Int32?
        var isLeft = true
        defer { if isLeft { end(process) } }
        let deadline = ContinuousClock.now + patience
        var output: [UInt8] = []
        var isOpen = true
        while isOpen || state == nil {
            try checkpoint()
            guard ContinuousClock.now < deadline else { throw Failure("it did not end within \(patience)") }
            // When it has ended all that it printed is there. The end of the pipe may not be, if others have it too.
            if state == nil {
                // If it can't be told, there is none, and its number may be another's.
                isLeft = false
                state = try attempt("couldn't find out how it ended") { try status(of: process) }
                isLeft = state == nil
            }
            isOpen = try isOpen && reader.take(into: &output, patience: state == nil ? 50 : 0)
            guard output.count <= outputLimit else { throw Errno.fileTooLarge }
            if !isOpen, state == nil { usleep(1000) }
        }
        return Outcome(status: exitStatus(state ?? 0), output: output)
    }

    private static func start(
        _ arguments: [String], _ environment: [String]?, _ input: [UInt8]
    ) throws -> (pid_t, OpenFile) {
        guard let program = arguments.first, input.count <= inputLimit else { throw Errno.invalidArgument }
        let null = try attempt("couldn't open /dev/null") { try OpenFile("/dev/null", O_RDWR) }
        let answer = try Pipe()
        let stdin = input.isEmpty ? null : try Pipe(holding: input).reader
        let descriptors = [stdin.number, answer.writer.number, null.number]
        var process = pid_t()
        // What the child has of ours lives until it has it.
        let error = withExtendedLifetime((stdin, answer, null)) {
            program.withCString { program in
                withCStrings(arguments) { arguments in
                    withCStrings(environment) { environment in
                        descriptors.withUnsafeBufferPointer { descriptors in
                            var child = stacker_child(
                                program: program, arguments: arguments, environment: environment,
                                descriptors: descriptors.baseAddress, count: descriptors.count, blocked: nil)
                            return stacker_start_child(&child, &process)
                        }
                    }
                }
            }
        }
        guard error == 0 else { throw Errno(rawValue: error) }
        return (process, answer.reader)
    }

    /// Calls `body` with a NULL-terminated array of C strings, or with NULL.
    private static func withCStrings<Result>(
        _ strings: [String]?, _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Result
    ) -> Result {
        guard let strings else { return body(nil) }
        var copies = strings.map { strdup($0) } + [nil]
        defer { for copy in copies { free(copy) } }
        return copies.withUnsafeMutableBufferPointer { body($0.baseAddress) }
    }

    private struct Pipe {
        let reader: OpenFile
        let writer: OpenFile

        init() throws {
            var ends: [Int32] = [0, 0]
            try checked(stacker_pipe(&ends))
            (reader, writer) = (OpenFile(owning: ends[0]), OpenFile(owning: ends[1]))
        }

        /// One that has `bytes` in it, and whose end follows when the writer goes.
        init(holding bytes: [UInt8]) throws {
            try self.init()
            try writer.writeAll(bytes)
        }
    }

    /// Its wait status if it has ended.
    ///
    /// - Throws: `Errno`, ECHILD if somebody else has taken it.
    package static func status(of process: pid_t) throws -> Int32? {
        var state: Int32 = 0
        while true {
            switch waitpid(process, &state, WNOHANG) {
            case 0: return nil
            case process: return state
            default: if Glibc.errno != EINTR { throw Errno(rawValue: Glibc.errno) }
            }
        }
    }

    private static func end(_ process: pid_t) {
        kill(process, SIGKILL)
        var state: Int32 = 0
        while waitpid(process, &state, 0) < 0, errno == EINTR {}
    }

    private static func exitStatus(_ state: Int32) -> Int32 {
        state & 0x7f == 0 ? (state >> 8) & 0xff : 128 + (state & 0x7f)
    }
}

extension OpenFile {
    /// Takes what a pipe has, as soon as there is something.
    ///
    /// - Parameter patience: milliseconds to wait for something.
    /// - Returns: whether more may come.
    fileprivate func take(into output: inout [UInt8], patience: Int32) throws -> Bool {
        try withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 16) { buffer in
            var state = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
            // Nothing there, and nobody to wait for: that was all.
            guard poll(&state, 1, patience) > 0 else { return patience > 0 }
            let count = try read(into: buffer)
            output += buffer[..<count]
            return count > 0
        }
    }
}
