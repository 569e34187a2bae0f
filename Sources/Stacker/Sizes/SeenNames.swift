/// By which name a content that is seen is called: of a file of several names the shortest that begins with a letter or a digit.
struct SeenNames {
    /// For each content, a name of the tree; -1 if it isn't seen.
    private(set) var node: [Int32]
    /// How many names show it.
    private(set) var count: [Int32]

    init(_ tree: ShippedTree, _ account: TreeAccount) {
        node = Array(repeating: -1, count: tree.contents.count)
        count = Array(repeating: 0, count: tree.contents.count)
        for place in tree.nodes.indices where account.seen[place] >= 0 {
            let content = Int(tree.entries[Int(account.seen[place])].content)
            guard content >= 0 else { continue }
            count[content] += 1
            let best = Int(node[content])
            if best < 0 || Self.isBetter(tree.nodes[place].name, than: tree.nodes[best].name) {
                node[content] = Int32(place)
            }
        }
    }

    private static func isBetter(_ name: [UInt8], than other: [UInt8]) -> Bool {
        let (isPlain, isOtherPlain) = (beginsPlainly(name), beginsPlainly(other))
        return isPlain != isOtherPlain ? isPlain : name.count < other.count
    }

    private static func beginsPlainly(_ name: [UInt8]) -> Bool {
        guard let first = name.first else { return false }
        return (0x61...0x7a).contains(first | 0x20) || (0x30...0x39).contains(first)
    }
}
