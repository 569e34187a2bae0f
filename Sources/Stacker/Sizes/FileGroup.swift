/// Files of one directory that stand in one line.
struct FileGroup: Sendable, Equatable {
    /// The directory; where it is one file, that.
    let node: Int32
    /// The same from the root, if it was asked for. See ``name(in:)``.
    private(set) var path: [UInt8] = []
    let files: Int
    let bytes: Int64
    /// Whether other lines have what is largest in the directory.
    let isRest: Bool

    /// Gives it its path: there may be as many groups as files, and paths are long.
    mutating func name(in tree: ShippedTree) { path = tree.path(of: node) }
}

extension ShippedTree {
    /// Files by directory: as few lines as say where most of the bytes are. A directory stands for all that is in it if nothing
    /// in it is a quarter of it.
    func groups(of files: [(node: Int32, bytes: Int64)]) -> [FileGroup] {
        let sums = Sums(files, in: self)
        var groups: [FileGroup] = []
        var pending: [Int32] = files.isEmpty ? [] : [0]
        while let node = pending.popLast() {
            let large = sums.partsWorthALine(of: node)
            var rest = sums[node]
            for child in large {
                pending.append(child)
                rest.files -= sums[child].files
                rest.bytes -= sums[child].bytes
            }
            guard rest.files > 0 else { continue }
            let place = rest.files == 1 ? sums.onlyFile(of: node, without: large) : node
            groups.append(
                FileGroup(
                    node: place, files: rest.files, bytes: rest.bytes, isRest: rest.files > 1 && !large.isEmpty))
        }
        return groups.sorted { ($1.bytes, $0.node) < ($0.bytes, $1.node) }
    }

    /// What is in each directory on the way to some files.
    private struct Sums {
        struct Sum {
            var files = 0
            var bytes: Int64 = 0
            var children: [Int32] = []
        }

        private var sums: [Int32: Sum] = [:]

        init(_ files: [(node: Int32, bytes: Int64)], in tree: ShippedTree) {
            for file in files {
                var node = file.node
                while node >= 0, sums[node] == nil {
                    sums[node] = Sum()
                    node = tree.nodes[Int(node)].parent
                }
                sums[file.node]?.files += 1
                sums[file.node]?.bytes += file.bytes
            }
            // A name comes after its directory, so that sums go upwards.
            for node in sums.keys.sorted(by: >) where node > 0 {
                let sum = self[node]
                let parent = tree.nodes[Int(node)].parent
                sums[parent]?.files += sum.files
                sums[parent]?.bytes += sum.bytes
                sums[parent]?.children.append(node)
            }
        }

        subscript(node: Int32) -> Sum { sums[node] ?? Sum() }

        /// What the size of a part is measured by: files that are all empty are counted.
        private func weight(_ sum: Sum, of whole: Sum) -> Int64 { whole.bytes > 0 ? sum.bytes : Int64(sum.files) }

        /// Parts of a directory that are a twentieth of it or more, if one of them is a quarter, or it is the root.
        func partsWorthALine(of node: Int32) -> [Int32] {
            let whole = self[node]
            let all = weight(whole, of: whole)
            let largest = whole.children.map { weight(self[$0], of: whole) }.max() ?? 0
            guard largest > 0, node == 0 || largest >= all / 4 else { return [] }
            return whole.children.filter { weight(self[$0], of: whole) >= max(1, all / 20) }
        }

        /// The one file of a directory that is not in some of its parts.
        func onlyFile(of node: Int32, without parts: [Int32]) -> Int32 {
            var node = node
            var left = Set(parts)
            while let next = self[node].children.first(where: { !left.contains($0) && self[$0].files > 0 }) {
                (node, left) = (next, [])
            }
            return node
        }
    }
}
