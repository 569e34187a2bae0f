import CSyscalls
import Failure
import FileTree
import Glibc
import Layers
import Roots
import SystemPackage

/// Has the directories of the layers below a script list their names backwards: the one first that the file system would
/// list last.
///
/// Where overlayfs merges directories, it lists the names of the lowest one first, in that one's order, whichever layer
/// provides the files. So one more layer lies below all others, in memory, which has every name that they show, and nothing
/// but empty files, of which nothing is seen. A file system in memory lists what was made in the order of its making.
///
/// Directories that a script makes itself are in one layer alone, and list their names as the disk has them.
struct EntryOrder {
    /// What lies below all other lowerdirs; nothing if the order is to stay what it is.
    private(set) var lowerdirs: [FilePath] = []

    /// - Parameters:
    ///   - layers: what is below the script, topmost first.
    ///   - place: where it is mounted, in the mount namespace of this process.
    init(_ surroundings: ScriptSurroundings, of layers: [FilePath], at place: FilePath) throws {
        // There may be no room for one more.
        guard surroundings.reversesDirectories, !layers.isEmpty, layers.count + 2 <= LayerStack.limit else { return }
        try attempt(
            "couldn't give directories another order",
            help: "it takes memory for each name in them; --reproduce-vary says what else can be varied"
        ) {
            try Directory.create(place, isPlain: true)
            try checked(stacker_mount("stacker", place.string, "tmpfs", 0, "mode=0755"))
            lowerdirs = [place]
            do {
                try Self.name(all: MergedView(layers).root, in: Directory(at: place))
            } catch {
                unmount()
                throw error
            }
        }
    }

    /// Takes it away.
    func unmount() {
        for place in lowerdirs {
            _ = stacker_unmount(place.string)
            try? Directory(at: place.removingLastComponent()).removeTree(FilePath(place.lastComponent?.string ?? ""))
        }
    }

    /// Makes all that is seen below `root`.
    private static func name(all root: MergedDirectory, in place: Directory) throws {
        let isNewestFirst = try Self.isNewestFirst(in: place)
        func make(_ directory: MergedDirectory, _ here: Directory) throws {
            let listed = try directory.listedNames()
            for (name, isDirectory) in isNewestFirst ? listed : listed.reversed() {
                if isDirectory { try here.makeDirectory(name.path) } else { try here.makeEmptyFile(name) }
            }
        }
        var walk = try DepthFirstWalk(root)
        var made = CopiedDirectories(place)
        try make(root, place)
        while let step = try walk.next() {
            switch step {
            case .child(let child, let parent):
                guard try child.status().kind == .directory,
                    let node = try parent.node(child.name) as? MergedDirectory
                else { continue }
                let here = try made.current().directory(child.name)
                try make(node, here)
                made.enter(child.name, here)
                try walk.enter(node)
            case .left: if try made.leave() == nil { return }
            }
        }
    }

    /// Whether the file system lists first what was made last, as that in memory has done since Linux 6.14, and before 6.6.
    private static func isNewestFirst(in place: Directory) throws -> Bool {
        let names = ["1", "2"].map { FileName(FilePath($0)) }
        for name in names { try place.makeEmptyFile(name) }
        defer { for name in names { try? place.remove(name.path) } }
        return try place.listedNames().first == names.last
    }
}

extension MergedDirectory {
    /// The names that are seen here, in the order in which overlayfs lists them, and whether each is a directory.
    fileprivate func listedNames() throws -> [(name: FileName, isDirectory: Bool)] {
        var rest: [FileName: Bool] = [:]
        for child in try children() { rest[child.name] = try child.status().kind == .directory }
        return try (parts.suffix(1) + parts.dropLast()).flatMap { part in
            try part.listedNames().compactMap { name in rest.removeValue(forKey: name).map { (name, $0) } }
        }
    }
}

extension Directory {
    fileprivate func makeEmptyFile(_ name: FileName) throws {
        _ = try name.withCString { try checked(mknodat(file.number, $0, S_IFREG | 0o600, 0)) }
    }
}
