import Failure
import FileTree
import Glibc
import SystemPackage

extension Layout {
    /// All blobs that the layout's index leads to, and these descriptors: what must not be removed.
    ///
    /// - Throws: `Failure` if it can't be said: also where the manifest of an entry is not there, since whoever brings that
    ///   back wants its blobs, too.
    ///
    /// - Parameter known: what manifests name that need not be read to know it, and lead no further.
    package func needed(beside more: [Descriptor] = [], knowing known: [Digest: [Digest]] = [:]) throws -> Set<Digest> {
        let entries = try index().manifests
        for entry in entries where try lacks(entry) {
            let name = entry.tag.map { shown($0) }
            throw Failure(
                "the manifest \(entry.digest)\(name.map { " of \($0)" } ?? "") is not there, so nobody can say what it needs",
                help: "bring it back, or take the entry away: umoci rm --image \(path):\(name ?? "TAG")")
        }
        return try reach(from: entries + more, knowing: known)
    }

    /// All blobs that these descriptors of manifests lead to, themselves among them, be they there or not; and those that
    /// the foreign entries of the layout's index lead to, which nobody can name otherwise.
    ///
    /// Nested indexes, artifacts and their subjects are followed, and manifests that stand among contents, whatever their
    /// media types and sizes say: a digest is enough to find a blob, and what is in it decides.
    ///
    /// - Throws: `Failure` for a blob that is there and can't be read: what it names would be taken for garbage.
    package func reach(
        from descriptors: [Descriptor], knowing known: [Digest: [Digest]] = [:]
    ) throws -> Set<Digest> {
        try reach(from: descriptors, beside: index().foreign, knowing: known)
    }

    /// - Parameter foreign: the foreign entries of the index.
    func reach(
        from descriptors: [Descriptor], beside foreign: [ForeignEntry], knowing known: [Digest: [Digest]] = [:]
    ) throws -> Set<Digest> {
        var reached: Set<Digest> = []
        // Not the same: what is met first as a content may be a manifest elsewhere.
        var followed: Set<Step> = []
        var rest: [Step] = []
        for digest in descriptors.map(\.digest) {
            if let named = known[digest] {
                reached.insert(digest)
                reached.formUnion(named)
            } else {
                rest.append(Step(digest: "\(digest)", isListed: true))
            }
        }
        rest += foreign.map { Step(digest: $0.digest, isListed: true) }
        while let step = rest.popLast() {
            if let digest = step.ours { reached.insert(digest) }
            guard followed.insert(step).inserted, let named = try references(in: step) else { continue }
            reached.formUnion(named.contents.compactMap { $0.digest.flatMap { try? Digest($0) } })
            rest += named.steps
        }
        return reached
    }

    /// - Returns: `nil` if the blob is not there, or can't be a manifest.
    private func references(in step: Step) throws -> References? {
        guard let place = step.place else { return nil }
        return try attempt("couldn't find out what blob \(shown(step.digest)) of \(path) leads to") {
            guard let file = try openIfThere(place) else { return nil }
            let status = try file.status()
            try Self.refuseIrregular(status)
            guard status.size <= Limit.manifest else {
                guard step.isListed, try file.beginsLikeObject() else { return nil }
                throw Failure("it has \(status.size) bytes, and a manifest may have \(Limit.manifest)")
            }
            let bytes = try file.readToEnd(limit: Limit.manifest)
            guard bytes.beginLikeObject else { return nil }
            if let digest = step.ours, Digest(of: bytes) != digest {
                throw Failure("it is damaged", help: "fetch or build it anew")
            }
            // What is no JSON is no manifest to anybody.
            return try? JSON.decode(References.self, from: bytes)
        }
    }

    private func openIfThere(_ place: FilePath) throws -> OpenFile? {
        do {
            return try root.openNoSymlinks(place, O_RDONLY | O_NONBLOCK)
        } catch let error where error.isSystemError(.noSuchFileOrDirectory, .fileNameTooLong) {
            return nil
        }
    }
}

extension ImageManifest {
    /// Whether it leads to its config and its layers, and no further.
    package var leadsToBlobsOnly: Bool {
        others["subject"] == nil && others["manifests"] == nil && others["blobs"] == nil
            && blobs.allSatisfy { Reference($0).isFinal }
    }
}

extension OpenFile {
    fileprivate func beginsLikeObject() throws -> Bool {
        var start = [UInt8](repeating: 0, count: 4096)
        let count = try start.withUnsafeMutableBytes { try read(into: $0) }
        return start.prefix(count).beginLikeObject
    }
}

extension Collection where Element == UInt8 {
    fileprivate var beginLikeObject: Bool {
        first { ![0x20, 0x09, 0x0a, 0x0d].contains($0) } == UInt8(ascii: "{")
    }
}

extension FilePath {
    /// Whether the text is one name, and no way upwards.
    fileprivate static func isName(_ text: String) -> Bool {
        let path = FilePath(text)
        return path.isRelative && path.components.count == 1 && path.components.first?.kind == .regular
    }
}

/// A blob that may name others, by a digest that we know or another one.
private struct Step: Hashable {
    let digest: String
    /// Whether it stands where manifests stand, or is called one.
    let isListed: Bool

    var ours: Digest? { try? Digest(digest) }

    /// Where the blob is; `nil` for what is no digest.
    var place: FilePath? {
        let parts = digest.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2, parts.allSatisfy(FilePath.isName) else { return nil }
        return FilePath("blobs").appending(parts[0]).appending(parts[1])
    }
}

/// What of a descriptor leads to its blob. Whatever else is wrong with it does no harm here.
private struct Reference: Decodable {
    let digest: String?
    let mediaType: MediaType

    init(_ descriptor: Descriptor) {
        digest = "\(descriptor.digest)"
        mediaType = descriptor.mediaType
    }

    init(from decoder: any Decoder) throws {
        let members = try? decoder.container(keyedBy: AnyMember.self)
        digest = try? members?.decode(String.self, forKey: .init("digest"))
        mediaType = (try? members?.decode(MediaType.self, forKey: .init("mediaType"))) ?? .unknown
    }

    /// Whether it is called a layer or a config, which name no other blobs.
    var isFinal: Bool { mediaType.ociLayer != nil || [.config, .dockerConfig].contains(mediaType) }
}

/// All blobs that an index, a manifest or an artifact manifest names.
private struct References: Decodable {
    /// Those that name others in their turn.
    let manifests: [Reference]
    /// The others; some call a manifest a layer of theirs.
    let contents: [Reference]

    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: AnyMember.self)
        func one(_ name: String) -> [Reference] {
            [try? members.decode(Reference.self, forKey: .init(name))].compactMap(\.self)
        }
        func list(_ name: String) -> [Reference] {
            (try? members.decode([Reference].self, forKey: .init(name))) ?? []
        }
        manifests = one("subject") + list("manifests")
        contents = one("config") + list("layers") + list("blobs")
    }

    /// What is to be looked into.
    var steps: [Step] {
        func step(_ reference: Reference, isListed: Bool) -> Step? {
            reference.digest.map { Step(digest: $0, isListed: isListed) }
        }
        return manifests.compactMap { step($0, isListed: true) }
            + contents.filter { !$0.isFinal }.compactMap {
                step($0, isListed: $0.mediaType.isIndex || $0.mediaType.isManifest)
            }
    }
}
