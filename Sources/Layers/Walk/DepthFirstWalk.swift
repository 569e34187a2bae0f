import FileTree

/// A walk through a tree, depth first, parents before children and the names of each directory sorted by their bytes.
/// However deep the tree is, neither descriptors nor stack run out.
package struct DepthFirstWalk {
    /// What the walk has come to.
    package enum Step {
        /// A name in a directory. To go through what is in it, if it is a directory, call ``DepthFirstWalk/enter(_:)``.
        case child(TreeChild, in: any TreeNode)
        /// A directory, the root among them, whose names have all come.
        case left(any TreeNode)
    }

    /// How many directories within each other are held open at once.
    package static let reach = 100

    /// A directory whose children are being walked.
    private struct Level {
        /// `nil` while the walk is too far below.
        var content: Content?
        /// The child that the walk has come to.
        var current: FileName?

        struct Content {
            var node: any TreeNode
            var children: ArraySlice<TreeChild>
        }

        init(_ node: any TreeNode) throws {
            content = Content(node: node, children: try node.children()[...])
        }

        /// Opens it again; the walk goes on after the child that it had come to.
        mutating func reopen(_ node: any TreeNode) throws {
            let children = try node.children()
            let next = current.map { current in children.firstIndex { current < $0.name } ?? children.endIndex } ?? 0
            content = Content(node: node, children: children[next...])
        }
    }

    private let root: any TreeNode
    private var stack: [Level]

    /// A walk that starts in a directory.
    ///
    /// - Throws: `Errno`.
    package init(_ root: any TreeNode) throws {
        self.root = root
        stack = [try Level(root)]
    }

    /// The next step; `nil` when the root has been left.
    ///
    /// - Throws: `Errno`.
    package mutating func next() throws -> Step? {
        guard let level = stack.last else { return nil }
        if level.content == nil { try reopen() }
        let last = stack.count - 1
        guard var content = stack[last].content else { return nil }
        guard let child = content.children.popFirst() else {
            stack.removeLast()
            return .left(content.node)
        }
        stack[last].content = content
        stack[last].current = child.name
        return .child(child, in: content.node)
    }

    /// Goes into the child that came last, as the directory that it is.
    ///
    /// - Throws: `Errno`.
    package mutating func enter(_ node: any TreeNode) throws {
        stack.append(try Level(node))
        if stack.count > Self.reach { stack[stack.count - 1 - Self.reach].content = nil }
    }

    /// The names that are still to come in the directory that the walk is in.
    package var upcoming: ArraySlice<TreeChild> { stack.last?.content?.children ?? [] }

    /// Opens the last levels again after the walk has come back to one that was closed.
    private mutating func reopen() throws {
        var node = root
        for index in stack.indices {
            if index > 0, let name = stack[index - 1].current { node = try node.node(name) }
            if index >= stack.count - Self.reach { try stack[index].reopen(node) }
        }
    }
}
