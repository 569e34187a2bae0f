import OCI

/// Everything that decides what comes out of a layer's build, each input under a name a user understands, with a digest
/// of its content.
struct LayerInputs: Sendable, Equatable, Codable {
    private(set) var inputs: [Input] = []

    struct Input: Sendable, Equatable, Codable {
        /// As it stands in the sentence `cache miss because … was changed`.
        var name: String
        /// Which part of it, where it has several.
        var part: String?
        var digest: Digest
    }

    /// Adds an input whose content is at hand.
    mutating func add(_ name: String, part: String? = nil, _ content: String) {
        add(name, part: part, Digest(of: content.utf8))
    }

    /// Adds an input whose content is known by its digest.
    mutating func add(_ name: String, part: String? = nil, _ digest: Digest) {
        inputs.append(Input(name: name, part: part, digest: digest))
    }

    /// Why these inputs do not give what `cached` gave: the first difference in words, `nil` if there is none.
    func difference(from cached: LayerInputs) -> String? {
        let now = Set(inputs.map(\.key))
        let before = Dictionary(cached.inputs.map { ($0.key, $0.digest) }) { first, _ in first }
        let changed = inputs.first { before[$0.key] != $0.digest } ?? cached.inputs.first { !now.contains($0.key) }
        return changed.map { "\($0.name) was changed\($0.part.map { part in ": \(part)" } ?? "")" }
    }
}

extension LayerInputs.Input {
    fileprivate var key: [String] { [name, part ?? ""] }
}
