import FileTree
import SystemPackage

/// Directories that a layer only implies, made as the layers below have them, and what leads to them, made as the layer
/// itself has it. What the layer hides of lower ones says nothing of it.
///
/// One way after the other is gone, and only the directories of the last one are open.
struct RestoredDirectories {
    private struct Level {
        let name: FileName
        let own: Directory
        let lower: MergedDirectory
        let isImplied: Bool
        /// The directory that lies over the layer's; `nil` as long as nothing below it needs one.
        var made: Directory?
    }

    private let own: Directory
    private let below: MergedView
    private let place: Directory
    private var levels: [Level] = []

    /// - Parameters:
    ///   - own: the layer's root directory.
    ///   - below: the layers below it.
    ///   - place: where the directories are made.
    init(over own: Directory, on below: MergedView, in place: Directory) {
        (self.own, self.below, self.place) = (own, below, place)
    }

    /// - Parameter paths: as entries of the layer give them: they may lead through symlinks of it.
    mutating func make(_ paths: [[UInt8]]) throws {
        let layer = MergedView(layers: [own])
        let ways = Set(try paths.map { try layer.resolve(FilePath(bytes: $0)).steps.map { FileName($0.name) } })
        for way in ways.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            try leave(downTo: zip(levels, way).prefix { $0.name == $1 }.count)
            try enter(way, ways)
        }
        try leave(downTo: 0)
    }

    private mutating func enter(_ way: [FileName], _ ways: Set<[FileName]>) throws {
        for name in way[levels.count...] {
            let mine = levels.last?.own ?? own
            if !levels.isEmpty, try mine.isOpaque { return }
            guard case .directory(let lower)? = try (levels.last?.lower ?? below.root).child(name),
                try mine.status(name)?.kind == .directory
            else { return }
            let isImplied = ways.contains(Array(way[...levels.count]))
            levels.append(Level(name: name, own: try mine.directory(name), lower: lower, isImplied: isImplied))
            if isImplied { try makeAll() }
        }
    }

    private mutating func makeAll() throws {
        var here = place
        for depth in levels.indices {
            here = try levels[depth].made ?? here.makePlainDirectory(levels[depth].name.path, exclusive: false)
            levels[depth].made = here
        }
    }

    /// Making an entry changes the times of the directory around it: a directory gets its own when nothing comes any more.
    private mutating func leave(downTo depth: Int) throws {
        while levels.count > depth {
            let level = levels.removeLast()
            try level.made?.takeMetadata(of: level.isImplied ? level.lower.top : level.own)
        }
    }
}
