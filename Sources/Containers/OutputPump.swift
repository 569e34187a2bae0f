import CSyscalls
import Dispatch
import Failure
import FileTree
import Glibc
import Host
import Synchronization
import SystemPackage

/// One pipe, from a program to a reader.
final class OutputPump: Sendable {
    /// As much as a pipe holds.
    private static let chunk = 64 << 10
    /// How long a reader that takes nothing is waited for when all is to end.
    private static let patience = DispatchTimeInterval.milliseconds(500)

    /// What the program writes to.
    let program: OpenFile
    private let reader: any OutputReader
    /// Where it comes out; closed as soon as nobody takes it any more.
    private let pipe: Mutex<OpenFile?>
    /// Something comes out of this one when the program has ended. The end of `pipe` does not say so: who else has got
    /// hold of its other end, by a socket that is bound into the container, keeps it open.
    private let end: (reader: OpenFile, writer: OpenFile)
    private let running = DispatchGroup()
    /// How often the reader has taken something.
    private let taken = Atomic(0)
    private let error = Mutex<(any Error)?>(nil)

    /// - Throws: `Errno` if there can be no pipe.
    init(_ reader: any OutputReader) throws {
        self.reader = reader
        let ends = try Self.makePipe()
        program = ends.writer
        pipe = Mutex(ends.reader)
        end = try Self.makePipe()
        // For a program that isn't root and opens /dev/stdout, where /dev/null would let it.
        try checked(fchmod(program.number, 0o622), at: program.place)
    }

    private static func makePipe() throws -> (reader: OpenFile, writer: OpenFile) {
        var ends: [Int32] = [0, 0]
        try checked(stacker_pipe(&ends))
        return (OpenFile(owning: ends[0]), OpenFile(owning: ends[1]))
    }

    /// Begins to empty the pipe.
    func start() {
        DispatchQueue(label: "script output").async(group: running) { [self] in
            defer { pipe.withLock { $0 = nil } }
            guard let pipe = pipe.withLock({ $0 }) else { return }
            BrokenPipe.asError {
                do {
                    try pass(from: pipe)
                    try reader.end()
                } catch let error where error.systemError == .brokenPipe {
                    // As it would be without us: the program has a pipe that nobody reads.
                } catch {
                    self.error.withLock { $0 = error }
                }
            }
        }
    }

    /// What is in the pipe now is all.
    func programEnded() {
        try? end.writer.writeAll([0])
    }

    /// Waits until all is passed on. Whoever takes it may be slow, but when all is to end must take something.
    ///
    /// - Returns: why not all could be passed on, if so.
    func awaitEnd(_ isEnding: () -> Bool) -> (any Error)? {
        var before = -1
        while running.wait(timeout: .now() + Self.patience) == .timedOut {
            let now = taken.load(ordering: .relaxed)
            if isEnding(), now == before { break }
            before = now
        }
        return error.withLock { $0 }
    }

    private func pass(from pipe: OpenFile) throws {
        try withUnsafeTemporaryAllocation(byteCount: Self.chunk, alignment: 16) { buffer in
            // Bytes that are still to come, once that is known.
            var rest: Int?
            while rest != 0 {
                if rest == nil, try awaitSomething(in: pipe) {
                    rest = try bytes(in: pipe)
                    continue
                }
                let count = try pipe.read(
                    into: UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(rest ?? Self.chunk)))
                if count == 0 { return }
                rest? -= count
                try reader.take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                taken.wrappingAdd(1, ordering: .relaxed)
            }
        }
    }

    /// - Returns: whether the program has ended.
    private func awaitSomething(in pipe: OpenFile) throws -> Bool {
        var states = [pipe, end.reader].map { pollfd(fd: $0.number, events: Int16(POLLIN), revents: 0) }
        while poll(&states, 2, -1) < 0 {
            if errno != EINTR { throw Errno(rawValue: errno) }
        }
        return states[1].revents != 0
    }

    private func bytes(in pipe: OpenFile) throws -> Int {
        var count: Int32 = 0
        try checked(ioctl(pipe.number, UInt(FIONREAD), &count))
        return Int(count)
    }
}
