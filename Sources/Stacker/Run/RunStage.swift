import CSyscalls
import Failure
import FileTree
import Glibc
import Host
import Roots
import SystemPackage

/// The directories that a run's container is put together of.
///
/// Without a user namespace of the container's own, they are where they are. With one, its root is nobody here: it is in no
/// group and owns nothing, so that it might not even get to them. So they are shown once more, in a file system in memory,
/// on a directory that everybody gets to: the layers with owners moved into the namespace's range (idmapped mounts), by
/// no copy. All of it is in this process's own mount namespace, and goes with that at any kill.
struct RunStage {
    /// What the overlay is made of, the topmost first.
    private(set) var lowerdirs: [FilePath] = []
    /// What is only there for the run.
    let scratch: FilePath
    /// Where the overlay is mounted.
    let rootfs: FilePath
    /// For the container's files.
    let state: FilePath
    /// liblxc's log. It goes with the run.
    let log: FilePath

    private let place: FilePath
    private let namespace: UserNamespace?

    /// What the container changes.
    var upperdir: FilePath { scratch.appending("overlay") }

    /// What else can be done where a run in a user namespace can't.
    static let remedy =
        "--privileged runs it without a user namespace, as root of this machine: only what you trust as much as a script "
        + "that you run as root"

    /// Makes the directories.
    ///
    /// - Parameters:
    ///   - own: what the run has on disk.
    ///   - namespace: the container's own, if it has one.
    init(_ own: RunDirectory, _ namespace: UserNamespace?, _ directories: StackerDirectories) throws {
        self.namespace = namespace
        let disk = own.path.appending("scratch")
        try own.directory.makePlainDirectory("scratch")
        guard let namespace else {
            (place, scratch, log) = (own.path, disk, own.path.appending(Self.logName))
            (rootfs, state) = (place.appending("rootfs"), place.appending("state"))
            try Self.make([rootfs, state])
            return
        }
        try Self.refuseOldKernel()
        place = try Self.mountPlace(awayFrom: directories)
        scratch = place.appending("scratch")
        log = place.appending(Self.logName)
        (rootfs, state) = (place.appending("rootfs"), place.appending("state"))
        try Self.make([rootfs, state, scratch])
        try own.directory.directory("scratch").become(namespace.root)
        try Self.bind(disk, on: scratch)
    }

    /// No symlink leads to a log of this name: that in the stacker directory is for what builds run.
    private static let logName = "lxc.log"

    private static func make(_ directories: [FilePath]) throws {
        for directory in directories { try Directory.create(directory, isPlain: true) }
    }

    /// Makes the upperdir, whose root directory is the one that the program sees.
    mutating func makeUpper(like root: Directory) throws {
        // overlayfs's workdir beside it would otherwise be this user's.
        let directory = try Directory(at: scratch)
        let upper = try directory.makePlainDirectory("overlay")
        let work = try directory.makePlainDirectory("work")
        try upper.takeMetadata(of: root)
        guard let namespace else { return }
        let status = try root.file.status()
        try upper.become(namespace.outside(uid: status.uid, gid: status.gid) ?? namespace.root)
        // A change of owner takes set-user-ID away; nothing else.
        try checked(fchmod(upper.file.number, status.permissions), at: upper.file.place)
        try work.become(namespace.root)
    }

    /// Takes the layers, the topmost first.
    mutating func show(_ layers: [FilePath]) throws {
        guard let namespace else {
            lowerdirs = layers
            return
        }
        lowerdirs = try layers.enumerated().map { number, layer in
            let target = place.appending("lower-\(number)")
            try Self.make([target])
            try attempt("couldn't show \(layer) with the owners of a user namespace", help: Self.fileSystemRemedy) {
                let copy = OpenFile(
                    owning: try checked(layer.withPlatformString { stacker_idmapped_copy($0, namespace.file.number) }))
                let target = try OpenFile(target, O_RDONLY | O_DIRECTORY)
                try checked(stacker_attach(copy.number, target.number))
            }
            return target
        }
    }

    private static let fileSystemRemedy =
        "not every file system has idmapped mounts: name a --roots-dir on ext4, xfs or btrfs; or \(remedy)"

    // MARK: - The place

    /// Directories that most systems have, and that nothing of a container's start is in.
    private static let places: [FilePath] = ["/mnt", "/media", "/srv", "/opt", "/dev/shm", "/var/tmp", "/tmp"]

    /// Mounts an empty file system over a directory that nothing of ours is in.
    private static func mountPlace(awayFrom directories: StackerDirectories) throws -> FilePath {
        let own = try [directories.stacker, directories.roots, directories.oci, .currentDirectory()].map(
            \.resolvedIfThere)
        let place = places.first { place in
            guard let resolved = try? place.resolved(), resolved == place, isInReach(place) else { return false }
            return !own.contains { $0.starts(with: place) }
        }
        guard let place else {
            throw Failure(
                "there is no directory that everybody gets to and that has nothing of stacker's, to show the layers in",
                help: "make one of \(places.map(\.string).joined(separator: ", ")), mode 0755")
        }
        return try attempt("couldn't mount a file system in memory on \(place)") {
            try checked(stacker_mount("stacker", place.string, "tmpfs", 0, "mode=0755,size=16m"))
            return place
        }
    }

    /// Whether everybody gets through to it.
    private static func isInReach(_ place: FilePath) -> Bool {
        var parent = place.removingLastComponent()
        while !parent.isEmpty {
            guard let status = try? FileStatus(at: parent), status.kind == .directory, status.permissions & 0o1 != 0
            else { return false }
            if parent == "/" { return true }
            parent = parent.removingLastComponent()
        }
        return true
    }

    private static func bind(_ source: FilePath, on target: FilePath) throws {
        try attempt("couldn't show \(source)") {
            _ = try source.withPlatformString { source in
                try target.withPlatformString { try checked(stacker_bind(source, $0)) }
            }
        }
    }

    /// overlayfs takes idmapped layers since Linux 5.19, and says no more than EINVAL before.
    private static func refuseOldKernel() throws {
        var name = utsname()
        try checked(uname(&name))
        let release = withUnsafeBytes(of: &name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        guard numbers.count == 2, (numbers[0], numbers[1]) < (5, 19) else { return }
        throw Failure(
            "to run images of strangers as root takes Linux 5.19 (overlays on idmapped layers), and this is \(release)",
            help: "run it as an ordinary user; or \(remedy)")
    }
}

extension Directory {
    fileprivate func become(_ owner: (uid: uid_t, gid: gid_t)) throws {
        try checked(fchown(file.number, owner.uid, owner.gid), at: file.place)
    }
}
