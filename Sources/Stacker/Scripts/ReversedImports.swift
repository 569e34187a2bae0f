import CSyscalls
import Failure
import FileTree
import SystemPackage

/// The imports as scripts see them: as they are, or with directories that list their names backwards, which ``EntryOrder``
/// does for the layers below.
struct ReversedImports {
    private let imports: FilePath
    private let order: EntryOrder
    /// Where they are shown so; `nil` if they are shown as they are.
    private let view: FilePath?

    /// - Parameters:
    ///   - imports: the directory with them, as scripts are to find it.
    ///   - place: where it is shown, in the mount namespace of this process.
    init(_ surroundings: ScriptSurroundings, of imports: FilePath, at place: FilePath) throws {
        self.imports = imports
        order = try EntryOrder(surroundings, of: [imports], at: place.appending("names"))
        guard let names = order.lowerdirs.first else {
            view = nil
            return
        }
        let view = place.appending("view")
        do {
            try attempt("couldn't show \(imports) in another order") {
                try Directory.create(view, isPlain: true)
                let options = "lowerdir=\(imports.asOverlayOption):\(names.asOverlayOption),userxattr"
                try checked(stacker_mount("stacker", view.string, "overlay", 1, options))
            }
        } catch {
            order.unmount()
            throw error
        }
        self.view = view
    }

    /// What is to be mounted in place of a directory: something else if it is that of the imports.
    func shown(_ source: FilePath) -> FilePath { source == imports ? view ?? source : source }

    /// Takes it away.
    func unmount() {
        if let view {
            _ = stacker_unmount(view.string)
            try? Directory(at: view.removingLastComponent()).remove("view", directory: true)
        }
        order.unmount()
    }
}

extension FilePath {
    /// As overlayfs reads a path among its options.
    fileprivate var asOverlayOption: String {
        string.reduce(into: "") { text, character in
            if ["\\", ",", ":"].contains(character) { text += "\\" }
            text.append(character)
        }
    }
}
