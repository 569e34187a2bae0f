/// Where a program's standard output and standard error go.
package enum ContainerOutput: Sendable {
    /// They are stacker's own.
    case inherited
    /// Both are stacker's own standard error.
    case standardError
    /// They are pipes, and what comes out of each is taken by a reader. Without one for errors both are one pipe, in which
    /// the two stand in the order in which they were written.
    case pipes(output: any OutputReader, error: (any OutputReader)? = nil)

    /// Whether the program writes where stacker does.
    package var isInherited: Bool {
        switch self {
        case .inherited, .standardError: true
        case .pipes: false
        }
    }
}

/// Takes what a program writes, on a thread of its own.
package protocol OutputReader: Sendable {
    /// Takes the next bytes, as they happen to come.
    ///
    /// - Throws: `Errno` if they can't be kept or passed on. From then on the program has a pipe without a reader; `EPIPE`
    ///   says that nobody wants them, which is no fault.
    func take(_ bytes: UnsafeRawBufferPointer) throws

    /// There is no more.
    func end() throws
}
