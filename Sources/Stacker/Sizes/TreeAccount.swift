import Roots

/// What the layers of an image do to each other, by the rules of ``OverlayRule``: what each adds, changes and deletes, and why what
/// is not seen in the end is not.
struct TreeAccount {
    /// How a content that no name shows any more was lost.
    enum Loss: UInt8, Sendable {
        /// Another content, or something that is no file, took its place.
        case overwritten
        /// The same content took its place, with other metadata.
        case metadata
        case deleted
        /// The same layer has its name once more.
        case repeated
    }

    /// A content in the place of the same one of a lower layer.
    struct Repetition: Sendable {
        /// The place.
        let node: Int32
        /// The lower content.
        let content: Int
        let changed: MetadataChange
    }

    /// One name that a layer adds, changes or deletes, and the bytes of its content.
    struct NameChange: Sendable {
        enum Kind: String, Sendable, CaseIterable, Encodable { case adds, changes, deletes }

        let kind: Kind
        let layer: Int32
        let node: Int32
        let bytes: Int64
    }

    /// What one layer does, in entries and in bytes of contents.
    struct Change: Sendable, Equatable, Encodable {
        var entries = 0
        var bytes: Int64 = 0

        mutating func add(_ bytes: Int64) {
            entries += 1
            self.bytes += bytes
        }
    }

    /// What one layer does.
    struct LayerChanges: Sendable, Equatable {
        var added = Change()
        var changed = Change()
        var deleted = Change()
        /// Bytes of the contents in it.
        var contents: Int64 = 0
    }

    /// By the number of the layer, from the bottom.
    private(set) var layers: [LayerChanges]
    /// What they do to each name.
    private(set) var names: [NameChange] = []
    /// For each content: which layer has taken its last name that is not seen, and how.
    private(set) var losses: [(layer: Int32, loss: Loss, changed: MetadataChange)]
    /// Contents that came in the place of the same: what they are shipped again for.
    private(set) var repetitions: [Int: Repetition] = [:]
    /// Which contents are seen.
    private(set) var isSeen: [Bool]
    /// For each name: which entry is seen there in the end; -1 if none.
    private(set) var seen: [Int32]

    /// How far down a name's directory reaches in the image of the layers below a number, from that number on. `nil`: there is
    /// no such directory.
    fileprivate struct Reach {
        var from: Int32
        var floor: Int32?
    }

    /// What is to be seen at a name in the image of the layers below a number, from that number on.
    private struct State {
        var from: Int32
        var entry: Int32?
        var reach: Int32?
    }

    init(_ tree: ShippedTree, layers count: Int) {
        layers = Array(repeating: LayerChanges(), count: count)
        losses = tree.contents.map { ($0.layer, .repeated, []) }
        isSeen = Array(repeating: false, count: tree.contents.count)
        seen = Array(repeating: -1, count: tree.nodes.count)
        for content in tree.contents { layers[Int(content.layer)].contents += content.size }
        // Not by recursion: how deep directories are is up to whoever made the image.
        var pending: [(node: Int32, above: [Reach])] = [(0, [Reach(from: 0, floor: 0)])]
        while let (node, above) = pending.popLast() {
            let states = Self.states(of: node, in: tree, above)
            account(node, states, tree)
            let reaches = Self.reaches(states)
            var child = tree.nodes[Int(node)].lastChild
            while child >= 0 {
                pending.append((child, reaches))
                child = tree.nodes[Int(child)].sibling
            }
        }
    }

    /// What is at a name as layer comes upon layer.
    private static func states(of node: Int32, in tree: ShippedTree, _ above: [Reach]) -> [State] {
        var states = Name(isRoot: node == 0)
        let own = tree.ownEntries(at: node)
        for (number, place) in own.enumerated() {
            let entry = tree.entries[Int(place)]
            let at = above.last(upTo: entry.layer + 1)
            states.limit(to: above[at].floor, in: tree)
            states.put(place, entry)
            states.note(from: entry.layer + 1)
            // What changes the directory next takes the name away, or all that a directory here has in lower layers. From then
            // on nothing changes until a layer has the name again, since floors only rise.
            let next = number + 1 < own.count ? tree.entries[Int(own[number + 1])].layer + 1 : .max
            guard at + 1 < above.count, above[at + 1].from < next else { continue }
            states.limit(to: above[at + 1].floor, in: tree)
            states.note(from: above[at + 1].from)
        }
        return states.states
    }

    /// A name while layer comes upon layer.
    private struct Name {
        let isRoot: Bool
        var states: [State]
        /// What is seen.
        private var entry: Int32?
        private var isDirectory = false
        /// How far down a directory reaches that comes next.
        private var floor: Int32 = 0

        init(isRoot: Bool) {
            self.isRoot = isRoot
            // The root is there in any case.
            states = [State(from: 0, entry: nil, reach: isRoot ? 0 : nil)]
        }

        /// The directory of the name reaches so far down; `nil`: it is not there.
        mutating func limit(to floor: Int32?, in tree: ShippedTree) {
            self.floor = max(self.floor, floor ?? 0)
            if let place = entry, floor.map({ tree.entries[Int(place)].layer < $0 }) ?? true { entry = nil }
        }

        /// The next layer has the name.
        mutating func put(_ place: Int32, _ new: ShippedTree.Entry) {
            if case .directory = new.mark { isDirectory = true } else { isDirectory = false }
            entry = new.mark == .whiteout ? nil : place
            // An opaque directory shows its own layer, what else ends a directory does not.
            if new.mark.end != nil { floor = isDirectory ? new.layer : new.layer + 1 }
        }

        /// Keeps what is there by now.
        mutating func note(from: Int32) {
            let reach = isRoot || (entry != nil && isDirectory) ? floor : nil
            guard let last = states.last, last.entry != entry || last.reach != reach else { return }
            states.append(State(from: from, entry: entry, reach: reach))
        }
    }

    /// Only where it becomes another one.
    private static func reaches(_ states: [State]) -> [Reach] {
        var reaches: [Reach] = []
        for state in states where reaches.isEmpty || reaches.last?.floor != state.reach {
            reaches.append(Reach(from: state.from, floor: state.reach))
        }
        return reaches
    }

    // MARK: - Accounts

    private mutating func account(_ node: Int32, _ states: [State], _ tree: ShippedTree) {
        seen[Int(node)] = states.last?.entry ?? -1
        if let last = states.last?.entry, let content = tree.content(of: last) { isSeen[content] = true }
        for (before, after) in zip(states, states.dropFirst()) where before.entry != after.entry {
            let layer = after.from - 1
            switch (before.entry, after.entry) {
            case (nil, let new?): note(.adds, new, at: node, by: layer, tree)
            case (let old?, nil):
                note(.deletes, old, at: node, by: layer, tree)
                lose(old, .deleted, by: layer, tree)
            case (let old?, let new?):
                if tree.saysSomething(new, after: old) { note(.changes, new, at: node, by: layer, tree) }
                replace(old, new, at: node, by: layer, tree)
            case (nil, nil): break
            }
        }
    }

    private mutating func note(
        _ kind: NameChange.Kind, _ entry: Int32, at node: Int32, by layer: Int32, _ tree: ShippedTree
    ) {
        let bytes = tree.bytes(of: entry, at: node)
        switch kind {
        case .adds: layers[Int(layer)].added.add(bytes)
        case .changes: layers[Int(layer)].changed.add(bytes)
        case .deletes: layers[Int(layer)].deleted.add(bytes)
        }
        names.append(NameChange(kind: kind, layer: layer, node: node, bytes: bytes))
    }

    private mutating func replace(_ old: Int32, _ new: Int32, at node: Int32, by layer: Int32, _ tree: ShippedTree) {
        guard tree.haveSameContent(old, new), let lower = tree.content(of: old), let upper = tree.content(of: new),
            let before = tree.entries[Int(old)].metadata, let after = tree.entries[Int(new)].metadata
        else { return lose(old, .overwritten, by: layer, tree) }
        let changed = MetadataChange(before, after)
        lose(old, .metadata, changed, by: layer, tree)
        // Of several places the one that came first in the layer.
        guard lower != upper, repetitions[upper] == nil || tree.contents[upper].node == node else { return }
        repetitions[upper] = Repetition(node: node, content: lower, changed: changed)
    }

    private mutating func lose(
        _ entry: Int32, _ loss: Loss, _ changed: MetadataChange = [], by layer: Int32, _ tree: ShippedTree
    ) {
        guard let content = tree.content(of: entry), losses[content].layer <= layer else { return }
        losses[content] = (layer, loss, changed)
    }
}

extension [TreeAccount.Reach] {
    /// Which one is the last from a number, or one below it, on.
    fileprivate func last(upTo from: Int32) -> Int {
        var (low, high) = (0, count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if self[middle].from <= from { low = middle } else { high = middle }
        }
        return low
    }
}

extension ShippedTree {
    /// What the layers have at a name, bottom first.
    fileprivate func ownEntries(at node: Int32) -> [Int32] {
        var own: [Int32] = []
        var next = nodes[Int(node)].top
        while next >= 0 {
            own.append(next)
            next = entries[Int(next)].below
        }
        return own.reversed()
    }

    /// The content of an entry, if it is a regular file.
    fileprivate func content(of entry: Int32) -> Int? {
        let content = entries[Int(entry)].content
        return content < 0 ? nil : Int(content)
    }

    /// The bytes of an entry's content, which are those of its first name.
    fileprivate func bytes(of entry: Int32, at node: Int32) -> Int64 {
        guard let content = content(of: entry), contents[content].node == node else { return 0 }
        return contents[content].size
    }

    fileprivate func haveSameContent(_ one: Int32, _ other: Int32) -> Bool {
        guard let one = content(of: one), let other = content(of: other) else { return false }
        return contents[one].digest == contents[other].digest && contents[one].size == contents[other].size
    }

    /// Whether an entry in the place of another one says something new: layers have entries for directories on the way to what
    /// they change.
    fileprivate func saysSomething(_ new: Int32, after old: Int32) -> Bool {
        guard case .directory = entries[Int(new)].mark, case .directory = entries[Int(old)].mark,
            let one = entries[Int(new)].metadata
        else {
            if case .directory = entries[Int(new)].mark, case .directory = entries[Int(old)].mark { return false }
            return true
        }
        // The time of a directory changes with what is in it.
        return !MetadataChange(entries[Int(old)].metadata ?? .ofNoEntry, one).subtracting(.time).isEmpty
    }
}
