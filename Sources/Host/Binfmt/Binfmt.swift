import Failure
import FileTree
import SystemPackage

/// binfmt_misc as it is set up on this machine: what the kernel has run that its processor can't.
package struct Binfmt: Sendable {
    /// Whether there is any, and for whom.
    package enum State: Sendable, Equatable {
        /// Nothing can be seen of it here. In a container the host's handlers work all the same.
        case notMounted
        /// It takes nothing.
        case disabled
        /// Each handler says for itself whether it takes anything.
        case enabled
    }

    /// Where the kernel shows it.
    package static let directory: FilePath = "/proc/sys/fs/binfmt_misc"
    /// The most bytes of a file there: a handler is registered with at most 1920.
    private static let fileLimit = 16 << 10
    /// The most handlers that are read: there are not so many processors.
    private static let handlerLimit = 1000

    /// Whether it works.
    package let state: State
    /// All handlers that go by what stands in a file, whether they are enabled or not, by name. The kernel asks the last one
    /// that was registered first, which nothing shows.
    package let handlers: [BinfmtHandler]

    /// Reads it.
    ///
    /// - Throws: `Failure` if it is there and can't be read.
    package init(at path: FilePath = directory) throws {
        self = try attempt("couldn't read \(path)", help: "it is the kernel's: look at who has mounted what on it") {
            // Opened, and not looked for: where systemd mounts it for who needs it, this does.
            guard let directory = try? Directory(at: path), let status = try Self.read("status", in: directory) else {
                return Binfmt(state: .notMounted, handlers: [])
            }
            let names = try directory.names().filter { $0 != "status" && $0 != "register" }
            guard names.count <= Self.handlerLimit else {
                throw Failure("it has \(names.count) handlers, and \(Self.handlerLimit) are read")
            }
            let handlers = try names.compactMap { name in
                // One that goes meanwhile is none.
                try Self.read(name, in: directory).flatMap { BinfmtHandler(name: name.string, $0) }
            }
            return Binfmt(state: status.hasPrefix("enabled") ? .enabled : .disabled, handlers: handlers)
        }
    }

    init(state: State, handlers: [BinfmtHandler]) {
        (self.state, self.handlers) = (state, handlers)
    }

    private static func read(_ name: FilePath, in directory: Directory) throws -> String? {
        try directory.readFile(name, limit: fileLimit).map { String(decoding: $0, as: UTF8.self) }
    }
}
