import Failure
import FileTree
import Host
import Layers
import Recipes
import SystemPackage

/// The archive that a layer with `from: {type: tar}` starts from.
struct BaseArchive: Sendable {
    /// Its path as messages name it: on this machine, or in the layer that it comes from.
    let path: FilePath
    let file: OpenFile
    var hardLinkOverflow = HardLinkOverflow.split
    /// Ends the unpacking.
    let cancellation: Cancellation

    /// Unpacks the archive into an empty directory, which is empty again if the archive is refused.
    func unpack(into directory: Directory, _ log: Log) throws {
        try attempt("couldn't unpack \(path)") {
            do {
                let report = try unpackTarFile(
                    file, into: directory,
                    options: .treeThatStandsAlone.stopped(by: cancellation).with(hardLinkOverflow))
                report.say(path.string, log, isEncoded: true)
            } catch {
                // After a signal there is no time; the next build begins with an empty directory anyway.
                if StopSignal.pending == nil, !cancellation.isCancelled {
                    for name in try directory.names() { try? directory.removeTree(name) }
                }
                throw error
            }
        }
    }
}

extension LayerContents {
    /// Opens the archive of a tar base; a symlink at its end is followed.
    func archive(_ source: Import.Source) throws -> BaseArchive {
        switch source {
        case .local(let path):
            return made(path, try attempt("couldn't open \(path)") { try OpenFile(path, 0) })
        case .layer(let layer, let path):
            let file = try attempt("couldn't open stacker://\(layer)\(path)") {
                guard case .file(let parent, let name, _)? = try node(source, following: true) else {
                    throw Errno.isDirectory
                }
                return try parent.open(name, 0)
            }
            return made(path, file)
        case .image: throw Failure("a file in an image can't be a tar base")
        case .http(let address):
            guard let file = try bases.downloads.file(address, for: .bases) else {
                throw Errno.noSuchFileOrDirectory
            }
            let name = address.fileName.map { FilePath(root: nil, [$0]) } ?? file.path
            return made(name, try attempt("couldn't open \(file.path)") { try OpenFile(file.path, 0) })
        }
    }

    private func made(_ path: FilePath, _ file: OpenFile) -> BaseArchive {
        BaseArchive(
            path: path, file: file, hardLinkOverflow: bases.unpacker.hardLinkOverflow,
            cancellation: bases.context.cancellation)
    }
}
