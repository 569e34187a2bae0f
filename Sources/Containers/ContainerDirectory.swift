import Failure
import FileTree
import Glibc
import SystemPackage

/// The files of one run of a container: its config and short links to its overlay directories. liblxc starts in it.
struct ContainerDirectory {
    static let upper = FilePath.Component("upper")
    static let work = FilePath.Component("work")
    static let sys = FilePath.Component("sys")
    static let config = FilePath.Component("config")

    /// Unique among all runs on this machine, and the container's name.
    let name: String
    /// Where it is.
    let path: FilePath

    private let parent: Directory

    /// Makes the directory for `config` and calls `body`; removes it afterwards on every path.
    static func with<Result>(
        for config: ContainerConfig, _ body: (ContainerDirectory) throws -> Result
    ) throws -> Result {
        let made = try ContainerDirectory(in: config.stateDirectory)
        defer {
            try? made.parent.removeTree(FilePath(made.name))
            // overlayfs leaves an empty directory with mode 0000 in it.
            try? Directory(at: config.workdir.removingLastComponent()).removeTree("work")
        }
        try made.link(config)
        return try body(made)
    }

    private init(in state: FilePath) throws {
        parent = try Directory(creating: state)
        // A pid alone comes back in the next pid namespace.
        name = "stacker-\(getpid())-\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
        path = try state.absolute().appending(name)
        try attempt("couldn't make \(path)") { [parent, name] in
            try parent.makeDirectory(FilePath(name), mode: 0o700)
        }
    }

    private func link(_ config: ContainerConfig) throws {
        let directory = try parent.directory(FilePath(name))
        try attempt("couldn't prepare the container in \(path)") {
            for (index, lower) in config.lowerdirs.enumerated() {
                try directory.makeSymlink(FilePath(String(index)), to: lower.absolute())
            }
            try Directory.create(config.workdir, isPlain: true)
            try directory.makeSymlink(FilePath(root: nil, [Self.upper]), to: config.upperdir.absolute())
            try directory.makeSymlink(FilePath(root: nil, [Self.work]), to: config.workdir.absolute())
            try directory.makeDirectory(FilePath(root: nil, [Self.sys]))
        }
    }

    /// Gives the files of the run to the one who is to read them, if that is not this user.
    func give(to owner: (uid: uid_t, gid: gid_t)?) throws {
        guard let owner else { return }
        let directory = try parent.directory(FilePath(name))
        let sys = try directory.directory(FilePath(root: nil, [Self.sys])).file
        let config = try directory.openNoSymlinks(FilePath(root: nil, [Self.config]), O_RDONLY)
        for file in [sys, config, directory.file] {
            try checked(fchown(file.number, owner.uid, owner.gid), at: file.place)
        }
    }

    /// Writes the config file and gives its path.
    func write(_ text: String) throws -> FilePath {
        try parent.directory(FilePath(name)).replaceFile(
            FilePath(root: nil, [Self.config]), with: text.utf8, mode: 0o600)
        return path.appending(Self.config)
    }
}
