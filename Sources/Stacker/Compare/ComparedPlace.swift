import Failure
import FileTree
import OCI
import SystemPackage

/// What a user compares, by how it is written.
package enum ComparedPlace: Sendable {
    /// An image: a tag of the output layout, `oci:DIRECTORY:TAG`, or `docker://REGISTRY/NAME:TAG`.
    case image(NamedImageRequest)
    /// All images of a layout.
    case layout(FilePath)
    /// A directory, which may be one of a layer.
    case tree(FilePath)

    /// - Parameter text: a directory has a slash in it, or is no tag.
    package init(_ text: String, in directories: StackerDirectories) throws {
        if text.hasPrefix("docker://") {
            self = .image(NamedImageRequest(text))
            return
        }
        if text.hasPrefix("oci:") {
            let path = FilePath(String(text.dropFirst(4)))
            // A tag may be missing; a directory's name may have a colon.
            self = try Self.isLayout(path) ? .layout(try path.absolute()) : .image(NamedImageRequest(text))
            return
        }
        let isTag = try !text.contains("/") && Layout(ifThereAt: directories.oci)?.entry(tag: text) != nil
        let path = try FilePath(text).absolute()
        guard !isTag, !text.isEmpty, try ifUsable({ try FileStatus(at: path) })?.kind == .directory else {
            self = .image(NamedImageRequest(text))
            return
        }
        if try Self.isLayout(path) {
            self = .layout(path)
        } else {
            // A directory of roots has a layer's files one level below.
            let isStored =
                try path.appending("overlay_metadata.json").isThere()
                || path.removingLastComponent().appending(".stacker-roots").isThere()
            self = .tree(try isStored && path.appending("overlay").isThere() ? path.appending("overlay") : path)
        }
    }

    private static func isLayout(_ path: FilePath) throws -> Bool {
        try path.appending("oci-layout").isThere() && path.appending("index.json").isThere()
    }

    /// What it is, for messages.
    var kind: String {
        switch self {
        case .image: "an image"
        case .layout: "an OCI layout"
        case .tree: "a directory"
        }
    }
}

extension ComparedPlace {
    /// Whether an ordinary user needs a namespace to read it, or to keep it: files of many owners.
    package var needsNamespace: Bool {
        switch self {
        case .image(let wanted): wanted.layout == nil && wanted.name.hasPrefix("docker://")
        case .layout: false
        case .tree: true
        }
    }
}
