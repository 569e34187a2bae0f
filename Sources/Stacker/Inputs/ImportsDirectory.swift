import Failure
import FileTree
import Glibc
import OCI
import Recipes
import SystemPackage

/// `imports/<layer>` under stacker's directory: what the layer's script sees in /stacker/imports.
struct ImportsDirectory {
    let directory: FilePath
    private let log: Log

    init(of layer: String, in context: BuildContext) {
        directory = context.directories.stacker.appending("imports").appending(layer)
        log = context.log
    }

    /// Fills the directory with the imports that have no `dest`. What an earlier build left there goes first: it may be
    /// of another recipe, and it may be what has been removed from an imported directory since.
    func fill(_ imports: [Import], from contents: LayerContents) throws {
        let parent = try Directory(creating: directory.removingLastComponent(), isPlain: true)
        guard let name = directory.lastComponent.map({ FilePath(root: nil, [$0]) }) else { return }
        parent.spreadDirectories()
        let target = try attempt("couldn't clear \(directory)") {
            try parent.removeTree(name)
            return try parent.makePlainDirectory(name, elsewhereBy: .temporaryName(for: "imports"))
        }
        for entry in imports where entry.destination == nil {
            try attempt("\(entry.position): couldn't import \(entry.path)") {
                guard let node = try entry.node(in: contents) else { return }
                log.debug("importing \(entry.path) to \(directory)")
                try entry.copy(node, into: target, contents)
            }
        }
    }
}

extension Import {
    /// What the entry says of owner and mode.
    var overrides: TreeCopy.Overrides {
        TreeCopy.Overrides(permissions: mode, uid: uid ?? 0, gid: gid ?? 0)
    }

    /// Where the import goes.
    func placement(_ node: SourceNode) -> ImportPlacement {
        ImportPlacement(
            of: name, isDirectory: node.isDirectory, meansContents: meansContents, destination: destination)
    }

    /// Copies the source into a directory: under its name or, for contents, directly.
    func copy(_ node: SourceNode, into target: Directory, _ contents: LayerContents) throws {
        try copy(node, as: placement(node).name, into: target, contents)
    }

    /// Copies the source to `name` in a directory, or its contents into the directory itself, and checks its hash.
    ///
    /// - Parameter contents: where the source was found.
    func copy(
        _ node: SourceNode, as name: FilePath.Component?, into target: Directory, _ contents: LayerContents
    ) throws {
        let context = contents.bases.context
        var copy = TreeCopy(overrides, attributes, checkpoint: context.cancellation.check) {
            context.log.warn("\(position): import \(path): \($0)")
        }
        switch (node, name.map { FilePath(root: nil, [$0]) }) {
        case (_, let name?): try copy.copy(node, as: FileName(name), in: target)
        case (.directory(let directory), nil): try copy.copyContents(of: directory, into: target)
        case (.file, nil): throw Errno.notDirectory
        }
        if let hash { try check(hash, node, copied: name, in: target) }
    }

    /// Compares the hash with the copy, which is what the build uses; of a symlink, with the file that it points to.
    private func check(_ hash: Digest, _ node: SourceNode, copied name: FilePath.Component?, in target: Directory)
        throws
    {
        let help = "a hash is that of one file"
        guard let name, case .file(_, _, let status) = node else {
            throw Failure("its hash can't be checked: it is a directory", help: help)
        }
        let file: OpenFile
        switch (status.kind, source) {
        case (.symlink, .local(let path)): file = try OpenFile(path, O_RDONLY)
        case (.symlink, _): throw Failure("its hash can't be checked: it is a symlink", help: help)
        default: file = try target.openNoSymlinks(FilePath(root: nil, [name]), O_RDONLY)
        }
        let actual = try Digest(of: file)
        guard actual == hash else {
            throw Failure(
                "the requested hash is different than the actual hash: \(hash.hex) != \(actual.hex)",
                help: "if the file is what it should be, write its hash into the recipe")
        }
    }
}
