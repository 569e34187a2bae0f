import Failure
import FileTree
import Glibc

/// Reads the entries of an image, a directory before what is in it, and trusts nothing that it says: the tree that its
/// numbers describe may have loops, and no end.
struct ImageReader<Image: StoredImage> {
    private let image: Image
    private let limits: UnpackLimits
    private let bytesLimit: Int64
    /// Bytes of content so far.
    private(set) var bytes: Int64 = 0

    private var isStarted = false
    private var open: [OpenDirectory] = []
    private var seenDirectories: Set<UInt64> = []
    private var firstNames: FirstNames

    private struct OpenDirectory {
        var path: [UInt8]
        var names: Image.Names
    }

    /// - Parameter bytesLimit: of content in all.
    init(_ image: Image, limits: UnpackLimits, bytesLimit: Int64) {
        self.image = image
        self.limits = limits
        self.bytesLimit = bytesLimit
        firstNames = FirstNames(limits)
    }

    /// Gives the content of the entry that came last.
    var content: Image.Content { image.content }

    /// The next entry; `nil` after the last. Its content, if it has some, must be read before the one after it.
    mutating func next() throws -> ImageEntry<Image.Inode>? {
        if !isStarted {
            isStarted = true
            return try read(image.root, at: [])
        }
        while var directory = open.popLast() {
            let parent = directory.path
            let child = try attempt("couldn't read the directory \(shown(path: parent))") {
                let child = try image.next(&directory.names)
                if let child { try checkStoredName(child.name) }
                return child
            }
            guard let (name, place) = child else { continue }
            open.append(directory)
            let path = parent.isEmpty ? name : parent + [slash] + name
            return try attempt("couldn't unpack \(shown(path: path))") { try read(place, at: path) }
        }
        return nil
    }

    private mutating func read(_ place: UInt64, at path: [UInt8]) throws -> ImageEntry<Image.Inode> {
        if path.count > limits.nameLength {
            throw Failure("its name is \(path.count) bytes long, more than \(limits.nameLength)")
        }
        let inode = try image.inode(place, sizeLimit: bytesLimit - bytes)
        var entry = ImageEntry(path: path, inode: inode)
        if inode.kind == .directory {
            guard seenDirectories.insert(place).inserted else {
                throw Failure("the \(Image.format) is damaged: it is a directory that was there already")
            }
            open.append(OpenDirectory(path: path, names: image.names(in: inode)))
        } else {
            if path.isEmpty { throw Failure("the root of the \(Image.format) is not a directory") }
            if inode.links > 1, !entry.isWhiteout, let first = try firstNames.first(place, now: path) {
                entry.hardLinkTarget = first
                return entry
            }
        }
        let stored = try image.attributes(of: inode, limit: limits.attributes)
        if let name = OverlayAttribute.redirection(stored) {
            throw Failure("part of it is in a lower layer (\(name))")
        }
        entry.isOpaque = OverlayAttribute.isOpaque(stored)
        entry.carried = stored.filter { CarriedAttributes.carries($0.name) }
        for attribute in entry.carried { try CarriedAttributes.refuseTooLong(attribute.name) }
        if inode.kind == .regular {
            bytes += inode.size
            try image.beginContent(of: inode)
        }
        return entry
    }
}

/// Refuses what no directory can have among its names.
///
/// - Throws: A ``Failure``.
private func checkStoredName(_ name: [UInt8]) throws {
    if name.contains(slash) || name.contains(0) || name == Array(".".utf8) || name == Array("..".utf8)
        || name.isEmpty || name.count > Int(NAME_MAX)
    {
        throw Failure("\(shown(path: name)) is no name that a file can have")
    }
}

/// The first name of each file of an image that says it has several, by where its inode is. What is kept is bounded:
/// an image can say of millions of files that they have more names, and never name one.
private struct FirstNames {
    private var names: [UInt64: [UInt8]] = [:]
    private var room: Int
    private let limit: Int

    init(_ limits: UnpackLimits) {
        limit = limits.kept
        room = limits.kept
    }

    /// The name that the file had before; `nil`, and the name is kept, if this is its first.
    mutating func first(_ inode: UInt64, now path: [UInt8]) throws -> [UInt8]? {
        if let first = names[inode] { return first }
        room -= path.count
        if room < 0 { throw UnpackLimits.exceeded(kept: limit) }
        names[inode] = path
        return nil
    }
}
