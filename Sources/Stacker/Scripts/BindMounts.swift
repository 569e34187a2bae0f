import Containers
import Failure
import FileTree
import Glibc
import Recipes
import Roots
import SystemPackage

/// What `binds:` shows to the scripts of a layer: files of this machine, and volumes, which are directories below the
/// stacker directory that begin empty and end with the script.
struct BindMounts {
    /// Where volumes are, in the stacker directory.
    static let directory = "volumes"

    private let layer: LayerDefinition
    private let parent: FilePath
    private var volumes: FilePath { parent.appending(layer.name) }

    init(of layer: LayerDefinition, in stackerDirectory: FilePath) {
        self.layer = layer
        parent = stackerDirectory.appending(Self.directory)
    }

    /// The mounts, in the order of the recipe. Volumes are made.
    ///
    /// - Throws: a failure with the place of a bind whose source is not there.
    func make() throws -> [ContainerMount] {
        try layer.binds.map { bind in
            let target = FilePath(root: nil, FilePath(bind.destination).components)
            switch bind.source {
            case .host(let path):
                return ContainerMount(
                    source: path, target: target, readOnly: false, isDirectory: try isDirectory(path, bind))
            case .volume(let name):
                return ContainerMount(source: try makeVolume(name), target: target, readOnly: false, isDirectory: true)
            }
        }
    }

    private func isDirectory(_ path: FilePath, _ bind: Bind) throws -> Bool {
        do {
            return try FileStatus(at: path).kind == .directory
        } catch {
            throw Failure(
                "\(bind.position): couldn't find bind source \(bind.path)", because: Failure("\(path)", because: error),
                help: Self.adviceOnColon(in: bind.path) ?? nearMiss(path) ?? "make it, or name what is there")
        }
    }

    /// What to write in place of source and destination as Docker's `-v` has them.
    private static func adviceOnColon(in path: String) -> String? {
        guard let range = path.firstRange(of: ":/") else { return nil }
        let destination = "/" + path[range.upperBound...].prefix { $0 != ":" }
        return
            "between source and destination there is an arrow: write \(quoted("\(path[..<range.lowerBound]) -> \(destination)"))"
    }

    private func makeVolume(_ name: String) throws -> FilePath {
        let path = volumes.appending(name)
        return try attempt("couldn't make the volume \(path)") {
            let directory = try Directory(creating: volumes, isPlain: true)
            // What a script that was killed has left there.
            try directory.removeTree(FilePath(name))
            try directory.makeDirectory(FilePath(name))
            return path
        }
    }

    /// Refuses a bind where the image has something of another kind: no directory can be mounted on a file, nor a file on a
    /// directory.
    ///
    /// - Parameter mounts: those of ``make()``.
    func refuseOtherKinds(_ mounts: some Sequence<ContainerMount>, in view: MergedView) throws {
        for (bind, mount) in zip(layer.binds, mounts) {
            let what = "\(bind.position): couldn't bind \(bind.path) to \(bind.destination)"
            let isDirectory: Bool
            switch try attempt(what, { try view.resolve(mount.target).node }) {
            case nil: continue
            case .directory: isDirectory = true
            case .file: isDirectory = false
            }
            if isDirectory == mount.isDirectory { continue }
            let (there, bound) = isDirectory ? ("a directory", "a file") : ("a file", "a directory")
            throw Failure(
                "\(what): it is \(there) in the image, and what is bound is \(bound)",
                help: "bind \(there), or to another place; or leave the bind out")
        }
    }

    /// Gives each volume the owner and mode of the image's directory that it hides: a user of the image can write where
    /// that user could. Refuses a bind that a symlink of the image leads to a place of stacker's own.
    ///
    /// - Parameter targets: where the binds are mounted, symlinks followed; one for each.
    func adopt(_ view: MergedView, at targets: some Sequence<FilePath>) throws {
        var adopted: Set<String> = []
        for (bind, target) in zip(layer.binds, targets) {
            let place = FilePath("/").pushing(target)
            if let objection = ReservedPlace.objection(to: place) {
                throw Failure(
                    "\(bind.position): \(bind.destination) is \(place) in the image, where nothing can be bound: "
                        + objection)
            }
            // Where one is seen at several places, the first counts.
            guard case .volume(let name) = bind.source, adopted.insert(name).inserted else { continue }
            let volume = try Directory(at: volumes.appending(name))
            guard case .directory(let hidden)? = try view.resolve(target).node else {
                try volume.become(owner: 0, group: 0, permissions: 0o755)
                continue
            }
            let status = try hidden.top.file.status()
            try volume.become(owner: status.uid, group: status.gid, permissions: status.permissions)
        }
    }

    /// Removes the volumes. What can't be removed, the next run finds, and `gc`.
    func removeVolumes() {
        guard let directory = try? Directory(at: parent) else { return }
        try? directory.removeTree(FilePath(layer.name))
        // Another layer may have some.
        try? Directory(at: parent.removingLastComponent()).remove(FilePath(Self.directory), directory: true)
    }
}

extension Directory {
    func become(owner: uid_t, group: gid_t, permissions: mode_t) throws {
        try checked(fchown(file.number, owner, group), at: file.place)
        try checked(fchmod(file.number, permissions), at: file.place)
    }
}
