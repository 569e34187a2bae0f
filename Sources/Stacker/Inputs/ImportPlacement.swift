import Failure
import SystemPackage

/// Where an import goes, relative to the directory that stands for the root of the image, or for /stacker/imports.
///
/// | path | dest | result |
/// |---|---|---|
/// | file | `/a/b` | the file, named `/a/b` |
/// | file | `/a/` or `/` | `/a/<name>` |
/// | `dir` or `dir/` | `/a` | its contents at `/a` |
/// | `dir` | `/a/` | `/a/dir/…` |
/// | `dir/` | `/a/` or `/` | its contents there |
///
/// Without `dest`, an import goes to /stacker/imports under its own name, and the contents of `dir/` directly there.
struct ImportPlacement: Equatable {
    /// The directory that takes the file or, where there is no ``name``, the contents of the imported directory.
    var directory: FilePath
    /// What the file is called there.
    var name: FilePath.Component?

    /// Where a file or directory called `name` goes.
    ///
    /// - Parameters:
    ///   - name: the last component of the source; `nil` for the root of a tree.
    ///   - meansContents: the source was written with a "/" at its end.
    init(of name: FilePath.Component?, isDirectory: Bool, meansContents: Bool, destination: String?) {
        guard let destination else {
            directory = ""
            self.name = isDirectory && meansContents ? nil : name
            return
        }
        let isInside = destination.hasSuffix("/")
        directory = FilePath(root: nil, FilePath("/").pushing(FilePath(destination)).lexicallyNormalized().components)
        if isDirectory {
            if isInside, !meansContents, let name { directory.append(name) }
        } else if isInside || directory.isEmpty {
            self.name = name
        } else {
            self.name = directory.lastComponent
            directory.removeLastComponent()
        }
    }
}
