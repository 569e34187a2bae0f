import Failure
import Host
import OCI
import Synchronization

/// The way of a comparison of images: through tags and platforms to what differs.
struct Comparing {
    let finder: ReasonFinder
    private let options: ImageComparison.Options
    private let directories: StackerDirectories
    private let log: Log
    private let done = DoneComparisons()

    typealias Part = ImageComparison.Part

    init(_ options: ImageComparison.Options, _ directories: StackerDirectories, _ log: Log) {
        (self.options, self.directories, self.log) = (options, directories, log)
        finder = ReasonFinder(options.marks)
    }

    // MARK: - What there is

    /// The image, or the index of images, that a user names.
    func subject(_ wanted: NamedImageRequest) throws -> ComparedSubject {
        try attempt("couldn't read \(shown(wanted.name))") { try found(wanted) }
    }

    private func found(_ wanted: NamedImageRequest) throws -> ComparedSubject {
        // Of an image for several platforms all are compared, if they are here.
        if options.platform == nil,
            case .oci(let path, let tag) = try wanted.imageName(of: "diff", in: directories).base(isInsecure: false)
        {
            let layout = try Layout(at: path)
            if let entry = try layout.entry(tag: tag), try layout.index(of: entry) != nil {
                return try layout.subject(entry)
            }
        }
        var request = wanted
        request.platform = PlatformChoice(options.platform)
        request.isInsecure = options.isInsecure
        return .image(try ComparedImage(NamedImage(request, of: "diff", in: directories, log: log)))
    }

    // MARK: - What differs

    /// Tag by tag.
    func layouts(_ a: Layout, _ b: Layout) throws -> [Part] {
        let indexes = try BothSides(a, b).map { try $0.comparedIndex() }
        let names = EntryName.ofLayouts(indexes.map(\.entries))
        let fields = fields(indexes, names)
        // In which order the images came is no matter here, nor how the index is written.
        return (fields.isEmpty ? [] : [Part(title: ["index.json"], finding: .fields(fields))])
            + (try entries(indexes, names, []))
    }

    /// Platform by platform.
    func subjects(_ a: ComparedSubject, _ b: ComparedSubject, _ title: [String]) throws -> [Part] {
        if a.digest == b.digest { return [Part(title: title, finding: .equal)] }
        switch (a, b) {
        case (.image(let one), .image(let other)):
            let difference = try done.difference(one.digest, other.digest) {
                try ImageDifference(one, other, finder, ignoring: options.ignored)
            }
            return [Part(title: title, finding: .image(difference))]
        case (.index(let one), .index(let other)): return try indexes(one, other, title)
        case (.index(let index), .image(let image)):
            return try subjects(only(in: index, for: image), b, title)
        case (.image(let image), .index(let index)):
            return try subjects(a, only(in: index, for: image), title)
        case (.absent, _), (_, .absent):
            return [Part(title: title, finding: .notThere(BothSides(a.digest, b.digest)))]
        }
    }

    private func indexes(_ a: ComparedIndex, _ b: ComparedIndex, _ title: [String]) throws -> [Part] {
        var parts: [Part] = []
        let names = BothSides(a.names, b.names)
        let fields = fields(BothSides(a, b), names)
        if !fields.isEmpty { parts.append(Part(title: title, finding: .fields(fields))) }
        // Of those that both have.
        let sets = names.map(Set.init)
        let order = BothSides(names.a.filter(sets.b.contains), names.b.filter(sets.a.contains))
        if order.a != order.b { parts.append(Part(title: title, finding: .order(order.map { $0.map(\.text) }))) }
        parts += try entries(BothSides(a, b), names, title)
        if parts.allSatisfy(\.finding.isEqual) {
            parts.append(Part(title: title, finding: .rewritten(BothSides(a.digest, b.digest))))
        }
        return parts
    }

    /// What two indexes say otherwise beside their images, and of those that both have.
    private func fields(
        _ indexes: BothSides<ComparedIndex>, _ names: BothSides<[EntryName]>
    ) -> DocumentDifference {
        let (a, b) = (indexes.a, indexes.b)
        let others = Self.places(names.b)
        var comparison = DocumentComparison(finder)
        comparison.compare(options.ignored.strip(a.members), options.ignored.strip(b.members), at: "index")
        for (one, name) in names.a.enumerated() {
            guard let other = others[name] else { continue }
            comparison.compare(
                options.ignored.strip(a.words[one].without("digest", "size")),
                options.ignored.strip(b.words[other].without("digest", "size")), at: "index.manifests[\(one)]")
        }
        return comparison.difference
    }

    /// Each image of one or both.
    private func entries(
        _ indexes: BothSides<ComparedIndex>, _ names: BothSides<[EntryName]>, _ title: [String]
    ) throws -> [Part] {
        let (a, b) = (indexes.a, indexes.b)
        let (ones, others) = (Self.places(names.a), Self.places(names.b))
        var parts: [Part] = []
        for name in Set(names.a).union(names.b).sorted() {
            try done.count()
            let place = title + [name.text]
            switch (ones[name].map { a.entries[$0] }, others[name].map { b.entries[$0] }) {
            case (let one?, let other?):
                if one.digest == other.digest {
                    parts.append(Part(title: place, finding: .equal))
                } else {
                    parts += try subjects(a.subject(one), b.subject(other), place)
                }
            case (let one?, nil): parts.append(Part(title: place, finding: .onlyInA("\(one.digest)")))
            case (nil, let other?): parts.append(Part(title: place, finding: .onlyInB("\(other.digest)")))
            case (nil, nil): break
            }
        }
        return parts
    }

    /// Where each of some names stands.
    private static func places(_ names: [EntryName]) -> [EntryName: Int] {
        Dictionary(uniqueKeysWithValues: names.enumerated().map { ($0.element, $0.offset) })
    }

    /// The image of an index that one image can be compared with.
    private func only(in index: ComparedIndex, for image: ComparedImage) throws -> ComparedSubject {
        let fitting = index.entries.filter { entry in
            entry.platform.map { platform in image.platform.map(platform.takes) ?? false } ?? false
        }
        guard let entry = fitting.first else {
            throw Failure(
                "one is an image, and the other has none for its platform",
                help: "--platform says which image of an index is compared")
        }
        return try index.subject(entry)
    }
}

/// What has been compared already. An index may name indexes, and each of them the same image a thousand times.
private final class DoneComparisons: Sendable {
    private let images = Mutex<[[Digest]: ImageDifference]>([:])
    private let entries = Mutex(0)

    /// The most entries of indexes that are compared, of all of them together.
    private static let limit = 10_000

    /// Counts an entry.
    func count() throws {
        try StopSignal.check()
        let isTooMuch = entries.withLock { entries in
            entries += 1
            return entries > Self.limit
        }
        guard isTooMuch else { return }
        throw Failure(
            "the indexes have more than \(Self.limit) entries in all",
            help: "--platform says which image of an index is compared")
    }

    /// What differs between two images, which is found out once.
    func difference(_ a: Digest, _ b: Digest, _ find: () throws -> ImageDifference) throws -> ImageDifference {
        if let known = images.withLock({ $0[[a, b]] }) { return known }
        let found = try find()
        images.withLock { $0[[a, b]] = found }
        return found
    }
}
