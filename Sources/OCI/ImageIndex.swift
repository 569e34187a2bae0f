/// A list of manifests: what `index.json` is, and what a tag of a multi-platform image points to.
///
/// [image-spec, image-index.md](https://github.com/opencontainers/image-spec/blob/main/image-index.md)
package struct ImageIndex: Sendable, Equatable {
    /// Always 2.
    package var schemaVersion = 2
    /// The index's own type, if it says so.
    package var mediaType: MediaType? = .index
    /// The manifests, in the order in which they were added.
    package var manifests: [Descriptor]
    /// Entries that name their blobs by a digest which is no SHA-256. We can't use them, and leave them where they are.
    package private(set) var foreign: [ForeignEntry] = []
    /// Free-form annotations.
    package var annotations: [String: String]?
    /// `subject`, `artifactType` and what else there may be.
    package var others = OtherMembers()

    /// Makes an index of its parts.
    package init(manifests: [Descriptor] = []) {
        self.manifests = manifests
    }

    /// The entry with this tag. Where a tag was written twice the later one holds, as other tools have it.
    package func entry(tag: String) -> Descriptor? {
        manifests.last { $0.hasTag(tag) }
    }

    /// Whether an entry has this tag, also one that we can't use.
    package func has(tag: String) -> Bool {
        manifests.contains { $0.hasTag(tag) } || foreign.contains { $0.hasTag(tag) }
    }

    /// The tags of all entries that have one, in order; those of foreign entries last.
    package var tags: [String] { manifests.compactMap(\.tag) + foreign.compactMap(\.tag) }

    /// Points `tag` at `descriptor`: an entry that has the tag keeps its place, a new one is appended.
    package mutating func setEntry(tag: String, to descriptor: Descriptor) {
        var entry = descriptor
        entry.tag = tag
        if let place = manifests.lastIndex(where: { $0.hasTag(tag) }) {
            manifests[place] = entry
        } else if let place = foreign.lastIndex(where: { $0.hasTag(tag) }) {
            manifests.insert(entry, at: min(foreign.remove(at: place).before, manifests.count))
            for later in foreign.indices[place...] { foreign[later].before += 1 }
        } else {
            manifests.append(entry)
        }
    }

    /// Takes an entry out; those of others stay between the same neighbours.
    mutating func removeManifest(at place: Int) {
        manifests.remove(at: place)
        for later in foreign.indices where foreign[later].before > place { foreign[later].before -= 1 }
    }
}

/// An entry of an index whose blob has a digest of another algorithm than ours.
package struct ForeignEntry: Sendable, Hashable {
    /// How many of the index's manifests come before it.
    fileprivate(set) var before: Int
    /// All that it says.
    let json: JSONValue

    /// Its tag.
    package var tag: String? { json["annotations"]?[Descriptor.tagAnnotation]?.text }

    /// Whether that is its tag, byte by byte.
    package func hasTag(_ tag: String) -> Bool { self.tag?.isSame(as: tag) == true }

    /// Its digest: `sha512:…`.
    package var digest: String { json["digest"]?.text ?? "" }

    /// `nil` for anything else.
    fileprivate init?(_ json: JSONValue, before: Int) {
        guard let digest = json["digest"]?.text, !digest.hasPrefix("sha256:"), digest.contains(":") else { return nil }
        self.json = json
        self.before = before
    }
}

extension ImageIndex: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case schemaVersion, mediaType, manifests, annotations
    }

    /// Reads an index.
    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        schemaVersion = try members.decode(Int.self, forKey: .schemaVersion)
        mediaType = try members.decodeIfPresent(MediaType.self, forKey: .mediaType)
        annotations = try members.decodeIfPresent([String: String].self, forKey: .annotations)
        others = try OtherMembers(of: decoder, besides: CodingKeys.self)
        manifests = []
        // `umoci init` writes null for an empty list.
        guard try members.contains(.manifests) && !members.decodeNil(forKey: .manifests) else { return }
        var entries = try members.nestedUnkeyedContainer(forKey: .manifests)
        while !entries.isAtEnd {
            do {
                manifests.append(try entries.decode(Descriptor.self))
            } catch {
                // Which is still at the same entry.
                guard let entry = ForeignEntry(try entries.decode(JSONValue.self), before: manifests.count) else {
                    throw error
                }
                foreign.append(entry)
            }
        }
    }

    /// Writes it.
    package func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(schemaVersion, forKey: .schemaVersion)
        try members.encodeIfPresent(mediaType, forKey: .mediaType)
        try members.encodeIfPresent(annotations, forKey: .annotations)
        try others.encode(to: encoder)
        var list = members.nestedUnkeyedContainer(forKey: .manifests)
        for entry in entries {
            switch entry {
            case .ours(let descriptor): try list.encode(descriptor)
            case .foreign(let entry): try list.encode(entry.json)
            }
        }
    }
}

extension ImageIndex {
    /// One entry of the list.
    enum Entry {
        case ours(Descriptor)
        case foreign(ForeignEntry)
    }

    /// The list as it is written.
    var entries: [Entry] {
        var entries: [Entry] = []
        var rest = foreign[...]
        for (place, manifest) in manifests.enumerated() {
            while let next = rest.first, next.before <= place { entries.append(.foreign(rest.removeFirst())) }
            entries.append(.ours(manifest))
        }
        return entries + rest.map(Entry.foreign)
    }

    /// All of an index but its entries.
    var membersBesideEntries: [String: JSONValue] {
        var members = others.members
        members["schemaVersion"] = .integer(Int64(schemaVersion))
        members["mediaType"] = mediaType.map { .string($0.rawValue) }
        members["annotations"] = annotations.map { .object($0.mapValues(JSONValue.string)) }
        return members
    }
}

extension Descriptor {
    /// The tag of an index entry: the annotation `org.opencontainers.image.ref.name`.
    package var tag: String? {
        get { annotations?[Self.tagAnnotation] }
        set {
            var annotations = annotations ?? [:]
            annotations[Self.tagAnnotation] = newValue
            self.annotations = annotations.isEmpty ? nil : annotations
        }
    }

    /// Whether that is its tag, byte by byte.
    package func hasTag(_ tag: String) -> Bool { self.tag?.isSame(as: tag) == true }

    static let tagAnnotation = "org.opencontainers.image.ref.name"
}
