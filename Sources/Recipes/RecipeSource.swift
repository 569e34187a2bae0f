import Failure
import SystemPackage
import Web

/// Which file a recipe is: what it is called, where it is, and what paths in it are relative to.
package struct RecipeSource: Sendable, Hashable {
    /// Where a recipe's text comes from.
    package enum Location: Sendable, Hashable, Comparable, CustomStringConvertible {
        /// A file: its absolute path, without `.` and `..`.
        case file(FilePath)
        /// An `http://` or `https://` URL.
        case url(String)

        /// The path or the URL, that without credentials.
        package var description: String {
            switch self {
            case .file(let path): path.string
            case .url(let url): WebAddress.withoutCredentials(url)
            }
        }

        /// By the bytes of path or URL.
        package static func < (left: Location, right: Location) -> Bool {
            left.description.utf8.lexicographicallyPrecedes(right.description.utf8)
        }
    }

    /// The name of a file where nobody names one.
    package static let usualFile = "stacker.yaml"

    /// The file itself; two sources with the same location are the same file.
    package let location: Location
    /// The file as the user named it: what messages show.
    package let name: String
    /// What `from.url` of tar and oci bases is relative to.
    package let workingDirectory: FilePath

    /// Takes a path or an http(s) URL as the user gave it.
    ///
    /// - Parameter workingDirectory: an absolute path; what a relative `name` is relative to.
    package init(_ name: String, workingDirectory: FilePath) {
        self.name = isHTTP(name) ? WebAddress.withoutCredentials(name) : name
        self.workingDirectory = workingDirectory
        location =
            isHTTP(name) ? .url(name) : .file(workingDirectory.pushing(FilePath(name)).lexicallyNormalized())
    }

    /// What paths in imports, overlay_dirs and binds are relative to: the recipe's directory; for one from a URL, the
    /// working directory.
    package var directory: FilePath {
        switch location {
        case .file(let path): path.removingLastComponent()
        case .url: workingDirectory
        }
    }

    /// A path in this recipe as an absolute one.
    package func absolute(_ path: String) -> FilePath {
        directory.pushing(FilePath(path)).lexicallyNormalized()
    }

    /// Another recipe that this one names, relative to itself, absolute, or by URL.
    func prerequisite(_ written: String) -> RecipeSource {
        if isHTTP(written) || FilePath(written).isAbsolute {
            return RecipeSource(written, workingDirectory: workingDirectory)
        }
        switch location {
        case .file:
            let name = FilePath(name).removingLastComponent().pushing(FilePath(written)).lexicallyNormalized()
            return RecipeSource(name.string, workingDirectory: workingDirectory)
        case .url(let url):
            return RecipeSource(joined(url, written), workingDirectory: workingDirectory)
        }
    }

    /// `relative` beside the file that `url` names.
    private func joined(_ url: String, _ relative: String) -> String {
        let end = url.firstIndex { $0 == "?" || $0 == "#" } ?? url.endIndex
        let start = url.firstRange(of: "://")?.upperBound ?? url.startIndex
        let path = url[start..<end]
        let host = path.prefix { $0 != "/" }
        let directory = FilePath(String(path.dropFirst(host.count))).removingLastComponent()
        let target = FilePath("/").pushing(directory).pushing(FilePath(relative)).lexicallyNormalized()
        return "\(url[..<start])\(host)\(target.string)"
    }
}

/// Whether `text` is an http or https URL.
package func isHTTP(_ text: String) -> Bool {
    let scheme = text.prefix { $0 != ":" }.lowercased()
    return (scheme == "http" || scheme == "https") && text.dropFirst(scheme.count).hasPrefix("://")
}
