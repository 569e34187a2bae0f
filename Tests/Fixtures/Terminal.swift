import CFixtures
import FileTree
import Glibc

/// A terminal in raw mode, and what was written to it.
package final class Terminal: Sendable {
    /// The descriptor that programs write to.
    package var number: Int32 { peer.number }
    private let terminal: OpenFile
    private let peer: OpenFile

    /// Makes one.
    package init() throws {
        terminal = OpenFile(owning: try checked(fixtures_open_terminal()))
        peer = OpenFile(owning: try checked(fixtures_open_terminal_peer(terminal.number)))
    }

    /// What was written since it was asked for last, as soon as there is something.
    ///
    /// - Parameter patience: milliseconds to wait for something; nothing is returned then.
    package func written(patience: Int32 = 0) throws -> String {
        var bytes: [UInt8] = []
        var state = pollfd(fd: terminal.number, events: Int16(POLLIN), revents: 0)
        while poll(&state, 1, bytes.isEmpty ? patience : 0) > 0 {
            bytes += try [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
                count = try terminal.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
