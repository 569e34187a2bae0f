/// What an image shows in the end, by directories, with the bytes in each and the layers that they come from.
struct SeenTree: Sendable {
    /// A directory, or a file.
    struct Item: Sendable {
        let name: [UInt8]
        /// Bytes of contents in it.
        let bytes: Int64
        /// The layer that most of them come from.
        let layer: Int
        let isDirectory: Bool
        /// What is in it, the largest first; without what is too small to be looked at.
        let children: [Item]
        /// What is left out of it: how many files, and how many bytes.
        let smaller: (count: Int, bytes: Int64)
    }

    /// The root directory.
    let root: Item
    /// How many files are seen.
    let files: Int
    /// The layers that bytes of it come from.
    let layers: Set<Int>

    /// How many items there are at most where one image is looked at.
    static let limit = 8000

    /// - Parameter limit: how many items there are at most, the root among them: the largest.
    init(_ tree: ShippedTree, _ account: TreeAccount, _ names: SeenNames, limit: Int) {
        var bytes = [Int64](repeating: 0, count: tree.nodes.count)
        var files = [Int32](repeating: 0, count: tree.nodes.count)
        var isDirectory = [Bool](repeating: false, count: tree.nodes.count)
        var layers: Set<Int> = []
        var owner = [Int32](repeating: 0, count: tree.nodes.count)
        isDirectory[0] = true
        for node in tree.nodes.indices where account.seen[node] >= 0 {
            let entry = tree.entries[Int(account.seen[node])]
            if case .directory = entry.mark {
                isDirectory[node] = true
                continue
            }
            files[node] = 1
            owner[node] = entry.layer
            // The bytes of a file of several names are at one of them.
            guard entry.content >= 0, names.node[Int(entry.content)] == node else { continue }
            bytes[node] = tree.contents[Int(entry.content)].size
            if bytes[node] > 0 { layers.insert(Int(entry.layer)) }
        }
        // A name comes after its directory, so that sums go upwards.
        var largest = [Int64](repeating: 0, count: tree.nodes.count)
        for node in tree.nodes.indices.dropFirst().reversed() {
            let parent = Int(tree.nodes[node].parent)
            bytes[parent] += bytes[node]
            files[parent] += files[node]
            // The layer of the largest part stands for that of most: it is what one sees.
            if bytes[node] > largest[parent] { (largest[parent], owner[parent]) = (bytes[node], owner[node]) }
        }
        let isShown = Self.largest(limit, of: bytes)
        (self.files, self.layers) = (Int(files[0]), layers)
        root = Self.item(0, in: tree) { node in
            (bytes[node], Int(files[node]), Int(owner[node]), isDirectory[node], isShown[node])
        }
    }

    /// Which numbers are among the largest, none of 0. Of equal ones the first are: a directory comes before what is in it.
    private static func largest(_ limit: Int, of numbers: [Int64]) -> [Bool] {
        guard numbers.count > limit else { return numbers.map { $0 > 0 } }
        let threshold = max(1, numbers.sorted(by: >)[limit])
        var room = limit - numbers.count { $0 > threshold }
        return numbers.map { number in
            guard number == threshold, room > 0 else { return number > threshold }
            room -= 1
            return true
        }
    }

    private typealias Facts = (bytes: Int64, files: Int, layer: Int, isDirectory: Bool, isShown: Bool)

    /// How deep directories are followed, by recursion: what is deeper counts for the last of them.
    private static let depth = 64

    private static func item(
        _ node: Int, in tree: ShippedTree, depth: Int = depth, _ facts: (Int) -> Facts
    ) -> Item {
        let own = facts(node)
        var children: [Item] = []
        var smaller = (count: own.files, bytes: own.bytes)
        if own.isDirectory, depth > 0 {
            var next = tree.nodes[node].lastChild
            while next >= 0 {
                let child = facts(Int(next))
                if child.isShown {
                    children.append(item(Int(next), in: tree, depth: depth - 1, facts))
                    smaller.count -= child.files
                    smaller.bytes -= child.bytes
                }
                next = tree.nodes[Int(next)].sibling
            }
        } else {
            smaller = (0, 0)
        }
        children.sort { $0.bytes > $1.bytes }
        return Item(
            name: tree.nodes[node].name, bytes: own.bytes, layer: own.layer, isDirectory: own.isDirectory,
            children: children, smaller: smaller)
    }
}
