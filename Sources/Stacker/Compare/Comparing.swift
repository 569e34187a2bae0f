import Failure
import OCI

/// The way of a comparison of images: through tags and platforms to what differs.
struct Comparing {
    let finder: ReasonFinder
    private let options: ImageComparison.Options
    private let directories: StackerDirectories
    private let log: Log

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
        let (ones, others) = (try a.index(), try b.index())
        guard max(ones.manifests.count, others.manifests.count) <= ComparedIndex.limit else {
            throw Failure(
                "a layout has more than \(ComparedIndex.limit) images",
                help: "name one: oci:\(a.path):TAG")
        }
        let tags = Set(ones.tags).union(others.tags).sorted()
        return try tags.flatMap { tag in
            let title = ["tag \(shown(tag))"]
            switch (ones.entry(tag: tag), others.entry(tag: tag)) {
            case (let one?, let other?):
                if one.digest == other.digest { return [Part(title: title, finding: .equal)] }
                return try subjects(a.subject(one), b.subject(other), title)
            case (let one?, nil): return [Part(title: title, finding: .onlyInA("\(one.digest)"))]
            case (nil, let other?): return [Part(title: title, finding: .onlyInB("\(other.digest)"))]
            // Entries with other digests than we know.
            case (nil, nil): return []
            }
        }
    }

    /// Platform by platform.
    func subjects(_ a: ComparedSubject, _ b: ComparedSubject, _ title: [String]) throws -> [Part] {
        if a.digest == b.digest { return [Part(title: title, finding: .equal)] }
        switch (a, b) {
        case (.image(let one), .image(let other)):
            return [
                Part(title: title, finding: .image(try ImageDifference(one, other, finder, ignoring: options.ignored)))
            ]
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
        let (ones, others) = (Self.places(names.a), Self.places(names.b))
        var comparison = DocumentComparison(finder)
        comparison.compare(options.ignored.strip(a.members), options.ignored.strip(b.members), at: "index")
        for (name, one) in ones.sorted(by: { $0.value < $1.value }) {
            guard let other = others[name] else { continue }
            comparison.compare(
                options.ignored.strip(a.words[one].without("digest", "size")),
                options.ignored.strip(b.words[other].without("digest", "size")), at: "index.manifests[\(one)]")
        }
        if !comparison.differences.isEmpty {
            parts.append(Part(title: title, finding: .fields(comparison.differences)))
        }
        // Of those that both have.
        let order = BothSides(names.a.filter { others[$0] != nil }, names.b.filter { ones[$0] != nil })
        if order.a != order.b { parts.append(Part(title: title, finding: .order(order))) }
        for name in Set(names.a).union(names.b).sorted() {
            let place = title + [name]
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
        if parts.allSatisfy(\.finding.isEqual) {
            parts.append(Part(title: title, finding: .rewritten(BothSides(a.digest, b.digest))))
        }
        return parts
    }

    /// Where each of some names stands.
    private static func places(_ names: [String]) -> [String: Int] {
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
