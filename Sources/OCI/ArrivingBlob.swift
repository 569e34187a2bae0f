import Dispatch
import Failure
import FileTree
import Glibc
import Synchronization

/// A blob that is read while it comes: by one other thread, from the file that it is written to, so that neither of the
/// two ever waits for the other's sake and nothing but the file grows.
///
/// What is read is not verified before the end is reached: that is reported only when the digest of all bytes was right.
package final class ArrivingBlob: Sendable {
    /// Which blob it should become.
    package let descriptor: Descriptor

    /// Why there is nothing more to read.
    package enum Interruption: Error, Sendable {
        /// It did not come to its end, or has the wrong digest: whoever fetches it says why.
        case abandoned
        /// It is fetched anew from its first byte: what was read so far may be something else.
        case restarted

        /// Whether an error was caused by this.
        package func isCause(of error: any Error) -> Bool {
            let root = (error as? Failure)?.rootCause ?? error
            return root as? Interruption == self
        }
    }

    /// The file that it comes to, open for reading. What is in it is not verified before the end.
    package let file: OpenFile
    private let state = Mutex(State())
    private let news = DispatchSemaphore(value: 0)

    private struct State {
        var arrived: Int64 = 0
        var position: Int64 = 0
        var isComplete = false
        var interruption: Interruption?
        var isAwaited = false
    }

    /// A reader is not woken for less. It looks for itself now and then.
    private static let piece: Int64 = 256 << 10
    private static let pause = DispatchTimeInterval.milliseconds(50)

    init(_ descriptor: Descriptor, in file: OpenFile, arrived: Int64) {
        self.descriptor = descriptor
        self.file = file
        state.withLock { $0.arrived = arrived }
    }

    // MARK: - The reader's side

    /// Reads it from its first byte on.
    ///
    /// - Parameter checkpoint: called again and again while nothing comes; what it throws ends the waiting.
    package func reader(_ checkpoint: @escaping @Sendable () throws -> Void) -> some ByteSource & Sendable {
        Reader(blob: self, checkpoint: checkpoint)
    }

    /// Waits until all of it is there, verified.
    ///
    /// - Returns: the file, from its first byte on.
    /// - Throws: ``Interruption/abandoned``; what the checkpoint throws.
    package func whole(_ checkpoint: () throws -> Void) throws -> OpenFile {
        _ = try wait(checkpoint) { state in
            if state.interruption == .abandoned { throw Interruption.abandoned }
            return state.isComplete ? 0 : nil
        }
        try checked(lseek(file.number, 0, SEEK_SET), at: file.place)
        return file
    }

    private struct Reader: ByteSource {
        let blob: ArrivingBlob
        let checkpoint: @Sendable () throws -> Void

        func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
            try blob.read(into: buffer, checkpoint)
        }
    }

    private func read(into buffer: UnsafeMutableRawBufferPointer, _ checkpoint: () throws -> Void) throws -> Int {
        var start: Int64 = 0
        let count = try wait(checkpoint) { state in
            if let interruption = state.interruption { throw interruption }
            start = state.position
            let count = min(state.arrived - start, Int64(buffer.count))
            guard count > 0 || state.isComplete else { return nil }
            state.position += count
            return Int(count)
        }
        var got = 0
        while got < count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[got..<count])
            let more = try file.read(into: rest, at: start + Int64(got))
            // The file was cut a moment ago.
            if more == 0 { throw Interruption.restarted }
            got += more
        }
        return count
    }

    /// Waits until `look` gives something.
    private func wait(
        _ checkpoint: () throws -> Void, _ look: (inout State) throws -> Int?
    ) throws -> Int {
        while true {
            let found = try state.withLock { state in
                let found = try look(&state)
                state.isAwaited = found == nil
                return found
            }
            if let found { return found }
            _ = news.wait(timeout: .now() + Self.pause)
            try checkpoint()
        }
    }

    // MARK: - The writer's side

    /// So many bytes are in the file now.
    func reach(_ count: Int64) {
        change { state in
            state.arrived = count
            return count - state.position >= Self.piece
        }
    }

    /// The file is empty again.
    func restart() {
        change { state in
            if state.position > 0 { state.interruption = .restarted }
            state.arrived = 0
            return true
        }
    }

    /// All is there, and right; or nothing more comes.
    func end(isComplete: Bool) {
        change { state in
            if isComplete { state.isComplete = true } else { state.interruption = .abandoned }
            return true
        }
    }

    /// - Parameter body: returns whether the reader should know at once.
    private func change(_ body: (inout State) -> Bool) {
        let wakes = state.withLock { state in
            guard body(&state), state.isAwaited else { return false }
            state.isAwaited = false
            return true
        }
        if wakes { news.signal() }
    }
}
