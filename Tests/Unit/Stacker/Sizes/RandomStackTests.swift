import Failure
import Layers
import OCI
import Roots
import Testing

@testable import Stacker

/// Stacks of layers by chance, each of which is looked at in two ways: entry by entry, as sizes do, and as directories that are
/// merged, one image after the other.
@Suite("sizes: stacks of layers by chance")
struct RandomStackTests {
    /// Numbers by chance, the same in each run.
    private struct Numbers {
        var state: UInt64

        mutating func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
    }

    /// A layer as unpacking leaves it: what is at each path, and the number of its content.
    private struct Unpacked {
        var marks: [String: OverlayMark] = [:]
        var contents: [String: Int] = [:]

        /// Each directory on the way to a path; `nil` if one is something else.
        private mutating func makeParents(of path: String) -> Void? {
            let names = path.split(separator: "/")
            let parents = [""] + names.indices.dropFirst().map { names[..<$0].joined(separator: "/") }
            guard path.isEmpty || !parents.contains(where: { marks[$0] == .file }) else { return nil }
            for parent in parents where !path.isEmpty {
                if marks[parent] == nil { marks[parent] = .directory(isOpaque: false) }
                if marks[parent] == .whiteout { marks[parent] = .directory(isOpaque: true) }
            }
            return ()
        }

        mutating func put(_ mark: OverlayMark, at path: String, content: Int? = nil) -> Void? {
            guard makeParents(of: path) != nil else { return nil }
            let old = marks[path]
            switch (old, mark) {
            case (.directory, .directory(isOpaque: false)): break
            case (.directory, .directory(isOpaque: true)), (.directory, .whiteout), (.whiteout, .directory):
                marks[path] = .directory(isOpaque: true)
            case (.file, .directory(isOpaque: true)): return nil
            case (.file, .whiteout), (.whiteout, .whiteout): break
            case (_, .file):
                marks = marks.filter { !$0.key.hasPrefix(path + "/") }
                contents = contents.filter { !$0.key.hasPrefix(path + "/") }
                marks[path] = .file
                contents[path] = content
            case (.file, .directory), (nil, _):
                marks[path] = mark
                contents[path] = nil
            }
            return ()
        }
    }

    /// What is seen: the layer that each path comes from.
    private func view(_ layers: [Unpacked]) -> [String: Int] {
        var seen: [String: Int] = [:]
        func merge(_ path: String, _ parts: [Int]) {
            let prefix = path.isEmpty ? "" : path + "/"
            let names = Set(
                parts.flatMap { layers[$0].marks.keys }.filter { $0.hasPrefix(prefix) && $0.count > prefix.count }
                    .map { prefix + ($0.dropFirst(prefix.count).split(separator: "/").first ?? "") })
            for name in names {
                var merged: [Int] = []
                search: for part in parts {
                    switch layers[part].marks[name] {
                    case nil: continue
                    case .whiteout: break search
                    case .file:
                        if merged.isEmpty { seen[name] = part }
                        break search
                    case .directory(let isOpaque):
                        merged.append(part)
                        if isOpaque { break search }
                    }
                }
                guard let first = merged.first else { continue }
                seen[name] = first
                merge(name, merged)
            }
        }
        let roots = layers.indices.reversed()
        let last = roots.first { layers[$0].marks[""] == .directory(isOpaque: true) } ?? 0
        merge("", roots.filter { $0 >= last })
        return seen
    }

    /// What one layer does to each path, and what it takes, by merging what is below it and with it.
    private func expected(_ layers: [Unpacked], contents count: Int) -> [String] {
        var lines: [String] = []
        var losses: [Int: Int] = [:]
        var before: [String: Int] = [:]
        func content(_ path: String, _ layer: Int) -> Int? { layers[layer].contents[path] }
        for number in layers.indices {
            let after = view(Array(layers[...number]))
            for (path, layer) in after where before[path] != layer {
                guard let old = before[path] else {
                    lines.append("\(number) adds \(path)")
                    continue
                }
                let isFile = layers[layer].marks[path] == .file || layers[old].marks[path] == .file
                if isFile { lines.append("\(number) changes \(path)") }
            }
            for (path, layer) in before where after[path] != layer {
                if after[path] == nil { lines.append("\(number) deletes \(path)") }
                if let lost = content(path, layer) { losses[lost] = number }
            }
            before = after
        }
        lines += before.map { "seen \($0.key) of \($0.value)" }
        let seen = Set(before.compactMap { content($0.key, $0.value) })
        lines += (0..<count).filter { !seen.contains($0) }.map { "lost \($0) by \(losses[$0] ?? -1)" }
        return lines.sorted()
    }

    /// The same by the account of sizes.
    private func accounted(_ tree: ShippedTree, layers: Int) -> [String] {
        func path(_ node: Int32) -> String { String(decoding: tree.path(of: node), as: UTF8.self) }
        let account = TreeAccount(tree, layers: layers)
        var lines = account.names.filter { $0.node > 0 }.map { "\($0.layer) \($0.kind.rawValue) \(path($0.node))" }
        for node in tree.nodes.indices.dropFirst() where account.seen[node] >= 0 {
            lines.append("seen \(path(Int32(node))) of \(tree.entries[Int(account.seen[node])].layer)")
        }
        for content in tree.contents.indices where !account.isSeen[content] {
            let loss = account.losses[content]
            lines.append("lost \(content) by \(loss.loss == .repeated ? -1 : loss.layer)")
        }
        return lines.sorted()
    }

    @Test("are accounted for as what is merged of them says")
    func stacks() throws {
        var numbers = Numbers(state: 23)
        var refused = 0
        for stack in 0..<600 {
            var tree = ShippedTree()
            var layers: [Unpacked] = []
            for layer in 0..<1 + numbers.next(6) {
                tree.beginLayer(Digest(of: [UInt8(layer)]))
                layers.append(Unpacked())
                for _ in 0..<1 + numbers.next(7) {
                    if try !step(&numbers, &tree, &layers[layer]) { refused += 1 }
                }
            }
            let (expected, accounted) = (
                expected(layers, contents: tree.contents.count), accounted(tree, layers: layers.count)
            )
            #expect(expected == accounted, "stack \(stack): \(layers.map(\.marks))")
        }
        #expect(refused > 100)
    }

    /// Puts something into both.
    ///
    /// - Returns: whether it could be unpacked.
    private func step(_ numbers: inout Numbers, _ tree: inout ShippedTree, _ layer: inout Unpacked) throws -> Bool {
        let names = (0..<1 + numbers.next(3)).map { _ in ["a", "b", "c"][numbers.next(3)] }
        let path = names.joined(separator: "/")
        func attempt(_ wasUnpacked: Void?, _ body: () throws -> Void) throws -> Bool {
            if wasUnpacked != nil {
                try body()
            } else {
                #expect(throws: Failure.self) { try body() }
            }
            return wasUnpacked != nil
        }
        let node = try tree.place(of: Array(path.utf8))
        switch numbers.next(8) {
        case 0, 1, 2:
            let number = tree.contents.count
            let digest = ShippedTree.Fingerprint(Digest(of: "\(number)".utf8))
            let content = tree.addContent(at: node, size: Int64(number + 1), digest)
            return try attempt(layer.put(.file, at: path, content: number)) {
                try tree.addFile(at: node, .ofNoEntry, content: content)
            }
        case 3:
            let sources = layer.contents.keys.filter { !$0.hasPrefix(path + "/") }.sorted()
            guard !sources.isEmpty else { return true }
            let source = sources[numbers.next(sources.count)]
            let content = tree.content(at: try tree.place(of: Array(source.utf8)))
            return try attempt(layer.put(.file, at: path, content: layer.contents[source])) {
                try tree.addFile(at: node, .ofNoEntry, content: content)
            }
        case 4:
            return try attempt(layer.put(.directory(isOpaque: false), at: path)) {
                try tree.addDirectory(at: node, .ofNoEntry)
            }
        case 5:
            let directory = numbers.next(6) == 0 ? "" : path
            return try attempt(layer.put(.directory(isOpaque: true), at: directory)) {
                try tree.addOpaque(at: directory.isEmpty ? 0 : node)
            }
        default: return try attempt(layer.put(.whiteout, at: path)) { try tree.addWhiteout(at: node) }
        }
    }
}
