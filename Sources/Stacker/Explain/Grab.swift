import Failure
import FileTree
import Glibc
import OCI
import Roots
import SystemPackage

/// `stacker grab`: copies a file or directory out of a layer, without a container.
///
/// Owners and extended attributes stay behind, as somebody else's numbers and names: the copy is the caller's.
package struct Grab {
    private let place: ExplainedPlace
    private let path: FilePath
    private let layer: ExplainedLayer
    private let log: Log

    /// Finds the layer.
    ///
    /// - Parameter platform: which of those is meant that it was built for; `nil` for this machine's.
    package init(_ place: ExplainedPlace, for platform: Platform? = nil, in directories: StackerDirectories, log: Log)
        throws
    {
        guard let path = place.path else {
            throw Failure("\(quoted(place.layer)) names no path", help: "write stacker grab \(place.layer):/PATH")
        }
        self.place = place
        self.path = path
        self.log = log
        layer = try ExplainedLayer(place.layer, for: platform, in: directories)
    }

    /// Copies to the working directory, under the path's last name: all of it, or nothing.
    ///
    /// - Throws: `Failure`, also if there is a directory of that name.
    package func run() throws {
        if layer.state != .built { log.warn(ExplainedLayer.heading(layer.name, layer.state)) }
        try attempt("couldn't grab \(path) of \(layer.name)") {
            let source = try find()
            if case .file(_, _, let status) = source, status.kind != .regular, status.kind != .symlink {
                throw Failure("device nodes, fifos and sockets can't be grabbed")
            }
            let name = FilePath(path.lastComponent?.string ?? layer.name)
            let here = try Directory(at: ".")
            try refuseDirectory(name, in: here, source)
            begin(in: here)
            defer { here.file.unlock() }
            let temporary = FilePath.temporaryName(for: Self.purpose)
            do {
                var copy = TreeCopy(.init(uid: geteuid(), gid: getegid()), .none) { [log] in log.warn($0) }
                try copy.copy(source, as: FileName(temporary), in: here)
                try here.rename(temporary, to: name, replacing: !source.isDirectory)
            } catch {
                try? here.removeTree(temporary)
                let isClosed = error.rootErrno == .permissionDenied
                throw isClosed
                    ? Failure("not all of it can be read", because: error, help: "root can read all of it") : error
            }
        }
    }

    /// What it is called until it is whole: `.stacker-grab.<16 hex digits>.tmp`.
    private static let purpose = "stacker-grab"

    /// Removes what grabs that were killed have left here. Each has the directory locked, together with others, as long as it
    /// lives: who has it alone sees only what dead ones have left. On a file system without such locks all of it stays.
    private func begin(in here: Directory) {
        if (try? here.file.tryLock(.exclusive)) == true {
            for left in (try? here.names()) ?? [] where left.isTemporary(for: Self.purpose) {
                try? here.removeTree(left)
            }
        }
        // Another one has it alone for no longer than that.
        _ = try? here.file.lock(.shared, within: 5)
    }

    private func find() throws -> SourceNode {
        if let part = layer.parts.first(where: { !$0.isThere }) {
            throw Failure("\(part.directory) is not there", help: "build \(layer.name) again")
        }
        let view = try MergedView(layer.parts.map { FilePath($0.directory) })
        do {
            // What a symlink leads to is wanted, not a link that leads nowhere out here.
            return try SourceNode(at: path, in: view, following: true)
        } catch let error where error.systemError == .noSuchFileOrDirectory {
            throw Failure(
                "it is not there", because: Errno.noSuchFileOrDirectory,
                help: "stacker explain \(layer.name):\(path) says if something hides it")
        }
    }

    /// Nothing of the user's is merged with, or replaced by, something of another kind.
    private func refuseDirectory(_ name: FilePath, in here: Directory, _ source: SourceNode) throws {
        guard let status = try here.status(name), source.isDirectory || status.kind == .directory else { return }
        throw Failure("there is a \(name) here already", help: "remove it, or grab from within another directory")
    }
}
