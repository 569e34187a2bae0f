import Failure
import FileTree
import Glibc
import Roots
import SystemPackage

/// The directory in an overlay dir's layer that its files are copied to, and those on the way to it.
///
/// A directory that the base has too keeps, in the merged view, what the base says of it: owner, mode and times. It
/// would be a surprise if files put into /tmp made /tmp unwritable. Of the others the last one is like the source, and
/// those on the way are root's, with mode 0755.
struct OverlayTarget {
    /// Where it is in the image: symlinks in the base are followed.
    let path: FilePath
    /// The directory itself.
    let directory: Directory
    private var made: [(directory: Directory, like: Model)] = []
    private let node: MergedView.Node?

    private enum Model {
        case existing(Directory)
        case source(FileStatus, TreeCopy.Overrides, [ExtendedAttribute])
        case plain
    }

    /// Makes the directories.
    ///
    /// - Parameters:
    ///   - lowerdirs: the directories of the base, top first.
    ///   - source: the directory whose contents are copied; `nil` if a file is.
    ///   - attributes: which extended attributes a directory gets that is like it.
    init(
        _ destination: FilePath, in layer: Directory, over lowerdirs: [FilePath], like source: Directory?,
        overrides: TreeCopy.Overrides = .init(), attributes: CopiedAttributes
    ) throws {
        let view = try MergedView(lowerdirs)
        let place = try attempt("couldn't find /\(destination) in the base") { try view.resolve(destination) }
        path = place.path
        node = place.node
        var here = layer
        if let root = view.root.parts.first { made.append((layer, .existing(root))) }
        for (depth, step) in place.steps.enumerated() {
            let name = FilePath(root: nil, [step.name])
            here = try here.makePlainDirectory(name)
            switch step.node {
            case .directory(let original): made.append((here, .existing(original.top)))
            case .file, nil:
                let isLast = depth == place.steps.count - 1
                guard let source, isLast else {
                    made.append((here, .plain))
                    continue
                }
                made.append((here, .source(try source.file.status(), overrides, try attributes.of(source.file))))
            }
        }
        directory = here
    }

    /// Whether the base has a directory of that name in it.
    func hasDirectory(_ name: FilePath.Component) throws -> Bool {
        guard case .directory(let existing)? = node, case .directory? = try existing.child(FileName(name)) else {
            return false
        }
        return true
    }

    /// Tells the user if a symlink in the base led elsewhere.
    func sayIfMoved(from destination: String, of what: String, _ log: Log) {
        let written = FilePath("/").pushing(FilePath(destination)).lexicallyNormalized()
        let real = FilePath("/").pushing(path)
        if written != real { log.info("dest \(written) of \(what) goes through a symlink in the base: using \(real)") }
    }

    /// Gives the directories their owner, mode and times, when all files are in place.
    ///
    /// - Returns: extended attributes of the source that the file system or the user's rights do not allow.
    func finish() throws -> [AttributeName] {
        var leftOut: [AttributeName] = []
        // Deepest first: making an entry changed the times of the directory around it. Those that are nobody's get the
        // time of what is in them, so that the same input gives the same layer.
        var time = try directory.newestTime()
        for (directory, model) in made.reversed() {
            switch model {
            case .existing(let original): try directory.takeMetadata(of: original)
            case .source(let status, let overrides, let attributes):
                try directory.file.take(status, overrides, permissions: nil)
                leftOut += try directory.file.setAttributes(attributes)
            case .plain:
                try checked(fchown(directory.file.number, 0, 0), at: directory.file.place)
                try checked(fchmod(directory.file.number, 0o755), at: directory.file.place)
                try checked(futimens(directory.file.number, [time.timespec, time.timespec]), at: directory.file.place)
            }
            time = try directory.file.status().modified
        }
        return leftOut
    }
}

extension Directory {
    /// The newest modification time in it; without anything in it, its own.
    fileprivate func newestTime() throws -> Timestamp {
        try names().compactMap { try status($0)?.modified }.max() ?? file.status().modified
    }
}
