import Failure
import FileTree
import Host
import OCI
import SystemPackage

/// What of the roots directory may not be on the disk yet.
///
/// A layer's content has its name as soon as it is complete, and the kernel writes it when it comes to it. Until it is known that
/// it has, `unsettled` beside the content names the start of the machine in which it was made: after another one, a power
/// cut may have taken some of it, so that it counts for nothing and is made anew. That is a symlink, which is on the disk whole
/// or not at all; of a file there might be the name alone.
extension RootsDirectory {
    private static let mark: FilePath = "unsettled"

    /// Says of content that is about to get its name that it may not be on the disk.
    func markUnsettled(_ temporary: FilePath) throws {
        guard let boot = Boot.current else { return }
        try directory.makeSymlink(temporary.pushing(Self.mark), to: FilePath(boot))
    }

    /// Whether content was made before the machine was started, and may not have been on the disk by then.
    ///
    /// - Parameter name: of the content, or a symlink to it.
    func isDoubtful(_ name: FilePath) -> Bool {
        guard let boot = boot(of: name), let current = Boot.current else { return false }
        return boot != current
    }

    private func boot(of name: FilePath) -> String? {
        (try? directory.symlinkTarget(name.pushing(Self.mark)))?.string
    }

    /// Has all on the disk that was made in this directory since the machine was started.
    package func settle() throws {
        try attempt("couldn't write \(path) to the disk") {
            let made = try directory.names().filter { name in
                guard Digest(directoryName: name.string) != nil, let boot = boot(of: name) else { return false }
                return boot == Boot.current
            }
            try directory.file.synchronizeFileSystem()
            for name in made {
                do {
                    try directory.remove(name.pushing(Self.mark))
                } catch let error where error.systemError == .noSuchFileOrDirectory {
                    // Two names for one.
                }
            }
        }
    }
}
