/// Absolute paths, in a form in which it costs the same to look for one among few and among many.
struct PathTree {
    private struct Node {
        var children: [Substring: Int] = [:]
        var isEnd = false
    }

    private var nodes = [Node()]

    /// - Parameter paths: what is relative, or the root, is left out.
    init(_ paths: [String]) {
        for path in paths { insert(path) }
    }

    private mutating func insert(_ path: String) {
        guard path.hasPrefix("/") else { return }
        let components = Self.components(path)
        guard !components.isEmpty else { return }
        var place = 0
        for component in components {
            if let next = nodes[place].children[component] {
                place = next
            } else {
                nodes[place].children[component] = nodes.count
                place = nodes.count
                nodes.append(Node())
            }
        }
        nodes[place].isEnd = true
    }

    /// Whether a path is one of these, or in one.
    func holds(_ path: String) -> Bool { find(path).isWithin }

    /// Whether a path is one of these, in one, or has one in it.
    func touches(_ path: String) -> Bool {
        let (isWithin, isThere) = find(path)
        return isWithin || isThere
    }

    private func find(_ path: String) -> (isWithin: Bool, isThere: Bool) {
        guard path.hasPrefix("/"), nodes.count > 1 else { return (false, false) }
        var place = 0
        for component in Self.components(path) {
            guard let next = nodes[place].children[component] else { return (false, false) }
            place = next
            if nodes[place].isEnd { return (true, true) }
        }
        return (false, true)
    }

    /// A pattern for all that is in a directory counts as the directory.
    private static func components(_ path: String) -> [Substring] {
        var components = path.split(separator: "/").filter { $0 != "." }
        if components.last == "*" { components.removeLast() }
        return components
    }
}
