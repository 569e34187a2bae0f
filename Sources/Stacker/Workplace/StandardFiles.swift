import FileTree
import Glibc
import Progress
import Synchronization
import SystemPackage

/// Takes whole lines, from any thread.
protocol LineSink: Sendable {
    /// Writes lines, each with its end; nothing else comes in between.
    ///
    /// - Throws: `Errno`.
    func write(_ lines: UnsafeRawBufferPointer) throws
}

/// Standard output and standard error, as all threads of this process write to them.
struct StandardFiles: Sendable {
    let output: StandardFile
    let error: StandardFile
    /// Whether standard output is kept for something else.
    let leavesOutputAlone: Bool

    /// - Parameter bars: what is drawn on standard error, which is a terminal then.
    init(bars: TerminalProgress?) {
        leavesOutputAlone = false
        error = StandardFile(STDERR_FILENO, bars)
        output = areOneFile(STDOUT_FILENO, STDERR_FILENO) ? error : StandardFile(STDOUT_FILENO, bars)
    }

    /// The same, with all that goes to standard output going to standard error.
    var onStandardError: StandardFiles { StandardFiles(error) }

    private init(_ file: StandardFile) { (output, error, leavesOutputAlone) = (file, file, true) }

    /// Whether both are one terminal, pipe or file: what is written to both stands there in its order.
    var areOne: Bool { output === error }

    /// Runs `body`, in which a program writes to both whatever it likes.
    func whileProgramWrites<Result>(_ body: () throws -> Result) rethrows -> Result {
        try error.bars.map { try $0.whileProgramWrites(body) } ?? body()
    }
}

private func areOneFile(_ first: Int32, _ second: Int32) -> Bool {
    var (one, other) = (stat(), stat())
    guard fstat(first, &one) == 0, fstat(second, &other) == 0 else { return false }
    return one.st_dev == other.st_dev && one.st_ino == other.st_ino
}

/// A file that this process was started with.
final class StandardFile: LineSink {
    private let number: Int32
    /// What is drawn on the same terminal.
    let bars: TerminalProgress?
    private let turn = Mutex(())

    /// - Parameter bars: what is drawn on it, if it is a terminal.
    init(_ number: Int32, _ bars: TerminalProgress?) {
        self.number = number
        self.bars = isatty(number) == 1 ? bars : nil
    }

    func write(_ lines: UnsafeRawBufferPointer) throws {
        if let bars {
            try bars.withoutBars { try writeAll(lines) }
        } else {
            try turn.withLock { _ in try writeAll(lines) }
        }
    }

    /// Takes a layer's line off the terminal, and writes there what `body` says in one piece. Only where there are bars.
    func replace(_ layer: RunningLayer, _ body: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void) rethrows {
        try bars?.ended(layer) { try body(writeAll) }
    }

    private func writeAll(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(number, rest.baseAddress, rest.count)
            if count >= 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            } else if errno == EAGAIN {
                // Whoever has this file, too, has made it so.
                var state = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
                _ = poll(&state, 1, -1)
            } else if errno != EINTR {
                throw Errno(rawValue: errno)
            }
        }
    }
}

extension OpenFile: LineSink {
    /// Appends the lines, to a file that was opened for that.
    func write(_ lines: UnsafeRawBufferPointer) throws { try writeAll(lines) }
}
