import Dispatch
import Failure
import FileTree
import Glibc

/// The pipes that a program in a container writes to. Each is emptied by a thread of its own: a reader that is slow with
/// one doesn't keep the other one full.
struct OutputPumps {
    /// What the program gets as standard output and standard error.
    let descriptors: (output: Int32, error: Int32)
    private let pumps: [OutputPump]

    /// - Throws: `Errno` if there can be no pipe.
    init(_ output: ContainerOutput) throws {
        switch output {
        case .inherited: (pumps, descriptors) = ([], (STDOUT_FILENO, STDERR_FILENO))
        case .standardError: (pumps, descriptors) = ([], (STDERR_FILENO, STDERR_FILENO))
        case .pipes(let output, let error):
            pumps = try [output, error].compactMap { try $0.map(OutputPump.init) }
            descriptors = (pumps[0].program.number, pumps[pumps.count - 1].program.number)
            for pump in pumps { pump.start() }
        }
    }

    /// The program, and all that it has started, has ended, or was never begun: waits until what it wrote is where it
    /// belongs.
    ///
    /// - Parameter isEnding: whether nobody is waited for any more who takes nothing.
    /// - Throws: why that could not be.
    func finish(_ isEnding: () -> Bool) throws {
        for pump in pumps { pump.programEnded() }
        let errors = pumps.compactMap { $0.awaitEnd(isEnding) }
        if let error = errors.first { throw Failure("couldn't pass on what it wrote", because: error) }
    }
}
