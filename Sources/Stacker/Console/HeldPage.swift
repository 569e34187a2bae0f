import FileTree
import Glibc
import Progress
import Synchronization
import SystemPackage

/// All that a layer says, kept back until a terminal shows it in one piece: in memory, and beyond that in a file that has
/// no name.
final class HeldPage: LineSink {
    private static let mostInMemory = 1 << 20

    private let terminal: StandardFile
    private let layer: RunningLayer
    private let directory: FilePath
    private let state = Mutex(State())

    private struct State {
        var isHeld = true
        /// What the file has in front of what is in memory.
        var spilled = 0
        var file: OpenFile?
        var memory: [UInt8] = []
    }

    /// - Parameters:
    ///   - terminal: where it is shown at the end, in place of the layer's line.
    ///   - directory: where the file is made, if there must be one.
    init(on terminal: StandardFile, of layer: RunningLayer, spillingInto directory: FilePath) {
        (self.terminal, self.layer, self.directory) = (terminal, layer, directory)
    }

    /// Whether what is written is kept back.
    var isHeld: Bool { state.withLock { $0.isHeld } }

    func write(_ lines: UnsafeRawBufferPointer) throws {
        try state.withLock { state in
            if state.isHeld, state.memory.count + lines.count > Self.mostInMemory {
                do {
                    try spill(&state)
                } catch {
                    // There is no room to keep it: better early than never.
                    try show(&state)
                }
            }
            if state.isHeld { state.memory += lines } else { try terminal.write(lines) }
        }
    }

    /// Shows what is there, and from now on all that comes at once. The layer has no line any more.
    ///
    /// - Throws: `Errno` if it can't be read or written.
    func release() throws {
        try state.withLock { state in
            if state.isHeld { try show(&state) }
        }
    }

    private func spill(_ state: inout State) throws {
        let file = try state.file ?? makeFile()
        state.file = file
        try file.writeAll(state.memory)
        state.spilled += state.memory.count
        state.memory.removeAll(keepingCapacity: true)
    }

    private func makeFile() throws -> OpenFile {
        let path = directory.pushing(.temporaryName(for: "output"))
        let file = try OpenFile(path, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
        try checked(unlink(path.string))
        return file
    }

    private func show(_ state: inout State) throws {
        state.isHeld = false
        defer {
            state.file = nil
            state.memory = []
        }
        try terminal.replace(layer) { write in
            if let file = state.file { try copy(state.spilled, from: file, write) }
            try state.memory.withUnsafeBytes(write)
        }
    }

    private func copy(_ bytes: Int, from file: OpenFile, _ write: (UnsafeRawBufferPointer) throws -> Void) throws {
        try checked(lseek(file.number, 0, SEEK_SET), at: file.place)
        try withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 16) { buffer in
            var rest = bytes
            while rest > 0 {
                let count = try file.read(
                    into: UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(min(rest, buffer.count))))
                guard count > 0 else { throw Errno.ioError }
                rest -= count
                try write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        }
    }
}
