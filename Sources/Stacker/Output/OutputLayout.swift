import Failure
import OCI
import SystemPackage

/// The output layout of a build. It is made when the first image is written, and from the moment that it is there, or the
/// build begins, no other stacker removes blobs that the build counts on.
final class OutputLayout {
    private let path: FilePath
    private let written: WrittenBlobs
    private let log: Log
    private var current: LayoutWriter?

    /// Finds the layout, if it is there.
    init(at path: FilePath, stackerDirectory: FilePath, log: Log) throws {
        self.path = path
        self.log = log
        written = WrittenBlobs(in: stackerDirectory)
        if try Layout(ifThereAt: path) != nil { current = try open() }
    }

    /// What writes to it.
    func writer() throws -> LayoutWriter {
        if let current { return current }
        let writer = try open()
        current = writer
        return writer
    }

    private func open() throws -> LayoutWriter {
        try LayoutWriter(
            openingOrCreating: path, note: { [written] in try written.note($0, $1, in: $2) },
            checkpoint: { try StopSignal.check() })
    }

    /// Ends the writing, and removes the blobs that no image needs any more, as far as they are nobody else's. Where another
    /// stacker uses the layout that is left to it. What others have in the layout is no reason for a build to fail that
    /// has made its images.
    func finish() throws {
        current = nil
        do {
            try collect()
        } catch let failure as Failure {
            log.warn("removed no unused blobs: \(failure)\(failure.advice.map { "; \($0)" } ?? "")")
        }
    }

    private func collect() throws {
        guard let layout = try Layout(ifThereAt: path), let collection = try LayoutCollection(of: layout) else {
            return
        }
        let isOurs = try written.recognizer(in: layout)
        try collection.remove(keeping: layout.needed(), isOurs: isOurs)
        try written.forgetGone(from: layout)
    }
}
