import Failure
import FileTree
import Glibc
import Synchronization
import SystemPackage

/// The index of a layout as it was last read. It is decoded again only if its file has other bytes, and read again only if
/// the file may have: what a build asks of the index for each layer costs no more where there are many.
final class IndexMemory: Sendable {
    private let known = Mutex<KnownIndex?>(nil)

    /// Does something with the index as it is now. If that fails, nothing is known any more.
    func with<Result: Sendable>(
        _ root: Directory, _ body: (inout KnownIndex) throws -> Result
    ) throws -> Result {
        try known.withLock { known in
            var current = try Self.current(known.take(), root)
            let result = try body(&current)
            known = current
            return result
        }
    }

    private static func current(_ known: KnownIndex?, _ root: Directory) throws -> KnownIndex {
        if let known, try known.isOfSameFile(in: root) { return known }
        var triesLeft = mostTries
        while true {
            triesLeft -= 1
            // Whether a change from here on would show in the file's times: see FileStatus.isSettled.
            let start = Timestamp.now
            let file = try root.open(Layout.indexName, O_RDONLY | O_NONBLOCK)
            let status = try file.status()
            guard status.kind == .regular else { throw Failure("\(Layout.indexName) is no file") }
            let bytes = try file.readToEnd(limit: Layout.Limit.index)
            do {
                var current = if let known, known.hasBytes(bytes) { known } else { try KnownIndex(bytes) }
                current.note(file, status.isSettled(at: start) ? status : nil)
                return current
            } catch  where triesLeft > 0 && start.seconds - status.modified.seconds < writingTime {
                usleep(pause)
            }
        }
    }

    // Other programs write the index where it is: for a moment it is empty, or its end is missing.

    /// How long that may take, in seconds: what has been as it is for longer is what somebody has left.
    private static let writingTime: Int64 = 2
    /// How often it is read, with what pause in microseconds.
    private static let mostTries = 200
    private static let pause: useconds_t = 5_000
}

/// An index, decoded, with what makes it cheap to look into and to change.
struct KnownIndex: Sendable {
    private(set) var index: ImageIndex
    private var bytes: [UInt8]
    /// The bytes in pieces, once it has been changed here.
    private var text: IndexText?
    /// Whether it has been changed here, and not been read since.
    var isInPieces: Bool { text != nil }
    /// Where in the index the entry is that holds for a tag.
    private var places: [ExactText: Int] = [:]
    /// What has the bytes. It is held open, so that no other file gets its inode's number.
    private var file: OpenFile?
    /// What the file looks like as long as nobody touches it; `nil` if that would not show.
    private var status: FileStatus?

    init(_ bytes: [UInt8]) throws {
        self.bytes = bytes
        do {
            index = try JSON.decode(ImageIndex.self, from: bytes)
        } catch let failure as Failure {
            throw Failure(
                failure.what, because: failure.cause,
                help: "put the index back that it had, or remove the layout and make its images anew")
        }
        findPlaces()
    }

    private mutating func findPlaces() {
        places = [:]
        for (place, entry) in index.manifests.enumerated() {
            if let tag = entry.tag { places[ExactText(tag)] = place }
        }
    }

    // MARK: - Which file it is

    fileprivate mutating func note(_ file: OpenFile, _ status: FileStatus?) {
        self.file = file
        self.status = status
    }

    fileprivate func isOfSameFile(in root: Directory) throws -> Bool {
        guard let status else { return false }
        return try root.status(Layout.indexName) == status
    }

    fileprivate func hasBytes(_ others: [UInt8]) -> Bool {
        guard others.count == bytes.count else { return false }
        return bytes.withUnsafeBytes { own in
            others.withUnsafeBytes { others in
                guard let own = own.baseAddress, let other = others.baseAddress else { return true }
                return memcmp(own, other, others.count) == 0
            }
        }
    }

    // MARK: - What is in it

    /// The entry with this tag, as ``ImageIndex/entry(tag:)`` has it.
    func entry(tag: String) -> Descriptor? { places[ExactText(tag)].map { index.manifests[$0] } }

    /// What a change brings in that is not named yet; `nil` if all stays the same.
    func coming(with change: IndexChange) -> [Descriptor]? {
        switch change {
        case .tags(let tags):
            let new = tags.map(\.entry).filter { $0 != $0.tag.flatMap(entry) }
            if new.isEmpty { return nil }
            return new.filter { entry in !index.manifests.contains { $0.digest == entry.digest } }
        case .any(let change):
            var changed = index
            change(&changed)
            if changed == index { return nil }
            let named = Set(index.manifests.map(\.digest))
            return changed.manifests.filter { !named.contains($0.digest) }
        }
    }

    /// Makes a change.
    ///
    /// - Returns: the bytes of the file from then on.
    mutating func make(_ change: IndexChange) throws -> [UInt8] {
        (file, status) = (nil, nil)
        switch change {
        case .tags(let tags): for tag in tags { try set(tag) }
        case .any(let change):
            change(&index)
            text = nil
            findPlaces()
        }
        let text = try text ?? IndexText(index)
        self.text = text
        bytes = text.bytes
        return bytes
    }

    private mutating func set(_ tag: IndexChange.Tag) throws {
        let name = ExactText(tag.tag)
        if places[name] == nil, index.foreign.contains(where: { $0.hasTag(tag.tag) }) {
            index.setEntry(tag: tag.tag, to: tag.entry)
            text = nil
            return findPlaces()
        }
        let place = places[name] ?? index.manifests.count
        if place < index.manifests.count {
            index.manifests[place] = tag.entry
        } else {
            index.manifests.append(tag.entry)
        }
        places[name] = place
        try text?.set(place, tag.entry)
    }
}

/// What becomes of an index.
enum IndexChange {
    /// Tags are pointed at manifests.
    case tags([Tag])
    case any((inout ImageIndex) -> Void)

    struct Tag {
        let tag: String
        /// The entry that has it.
        let entry: Descriptor

        init(_ tag: String, _ descriptor: Descriptor) {
            self.tag = tag
            var entry = descriptor
            entry.tag = tag
            self.entry = entry
        }
    }
}
