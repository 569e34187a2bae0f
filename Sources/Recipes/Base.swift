import Failure
import RecipeText
import Registry
import SystemPackage
import Web

/// `from`, as written.
package struct From: Sendable, Equatable {
    /// The kinds of base.
    package enum Kind: String, Sendable, CaseIterable {
        case docker, oci, tar, built, scratch
    }

    /// Where `from` stands.
    package let position: SourcePosition
    /// The kind; `nil` if there is none.
    package internal(set) var kind: Kind?
    /// The URL, path or layout.
    package internal(set) var url: Located<String>?
    /// The layer of a `built` base.
    package internal(set) var tag: Located<String>?
    /// Whether a registry may be spoken to without verified TLS.
    package internal(set) var isInsecure = false
}

extension From {
    /// How a text that stands where the map is to stand was probably meant.
    static func advice(on text: String) -> String {
        func map(_ kind: Kind, _ key: String, _ value: some StringProtocol) -> String {
            "from: {type: \(kind.rawValue), \(key): \(quoted(value))}"
        }
        if text == Kind.scratch.rawValue { return "write from: {type: scratch}" }
        if text.hasPrefix("oci:") { return "write \(map(.oci, "url", text.dropFirst("oci:".count)))" }
        if text.hasPrefix("docker://") { return "write \(map(.docker, "url", WebAddress.withoutCredentials(text)))" }
        if ImageReference.advice(on: text) != nil {
            let image = "for an image of a registry write \(map(.docker, "url", "docker://\(text)"))"
            // What has neither can be a layer's name.
            return text.contains(where: ":/".contains) ? image : "\(image), for a layer \(map(.built, "tag", text))"
        }
        return "write \(map(.tar, "url", WebAddress.withoutCredentials(text)))"
    }
}

/// What a layer is built on.
package enum Base: Sendable, Hashable {
    /// An image in a registry.
    case docker(ImageReference, insecure: Bool)
    /// An image in an OCI layout on this machine, at an absolute path.
    case oci(layout: FilePath, tag: String)
    /// The contents of a tar archive.
    case tar(Import.Source)
    /// Another layer of the build.
    case built(layer: String)
    /// Nothing.
    case scratch
}

extension Base {
    /// The layer of the recipe that this is, or that it is taken from.
    package var recipeLayer: String? {
        switch self {
        case .built(let layer), .tar(.layer(let layer, _)): layer
        case .docker, .oci, .tar, .scratch: nil
        }
    }

    /// The layout or archive on this machine.
    fileprivate var place: FilePath? {
        switch self {
        case .oci(let layout, _): layout
        case .tar(.local(let path)): path
        case .docker, .tar, .built, .scratch: nil
        }
    }
}

extension LayerDefinition {
    /// What ``from`` means.
    ///
    /// Not part of parsing: a layer that nothing can provide is reported before a `url` that is missing.
    ///
    /// - Parameter directory: what `url` is relative to.
    /// - Throws: `Failure` with the position for a `from`, `type`, `url` or `tag` that is missing or not understood.
    package func base(relativeTo directory: FilePath) throws -> Base {
        guard let from else {
            throw Failure(
                "\(position): layer \(name) has no from",
                help: "say what it is built on, or that it starts empty: from: {type: scratch}")
        }
        guard let kind = from.kind else {
            let known = From.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw Failure("\(from.position): from of layer \(name) has no type", help: "type is one of \(known)")
        }
        switch kind {
        case .scratch: return .scratch
        case .built: return .built(layer: name(of: try required(from.tag, "tag", from).value))
        case .docker: return try dockerBase(try required(from.url, "url", from), from, directory)
        case .oci: return try ociBase(try required(from.url, "url", from), directory)
        case .tar:
            let url = try required(from.url, "url", from)
            let archive = try Import.Source(url, relativeTo: directory, "url of layer \(name)")
            if case .image = archive {
                throw Failure(
                    "\(url.position): url of layer \(name) is a file in an image, which can't be a tar base",
                    help: "import it into a layer, and take it from there: url: stacker://layer/path")
            }
            if case .layer(let layer, let path) = archive { return .tar(.layer(name: name(of: layer), path: path)) }
            return .tar(archive)
        }
    }

    /// What ``from`` means in a recipe: `url` is relative to the working directory, or to the recipe, as imports are, if only
    /// there it names something.
    ///
    /// - Parameter isThere: whether something is, or may come to be, at an absolute path.
    /// - Returns: the base, and a warning if it is the one beside the recipe.
    func base(in source: RecipeSource, isThere: (FilePath) -> Bool) throws -> (base: Base, warning: Diagnostic?) {
        let base = try base(relativeTo: source.workingDirectory)
        guard let url = from?.url, let place = base.place, source.directory != source.workingDirectory, !isThere(place)
        else { return (base, nil) }
        let other = try self.base(relativeTo: source.directory)
        guard let found = other.place, found != place, isThere(found) else { return (base, nil) }
        let message =
            "url of layer \(name) is taken as relative to the recipe, as \(found): in the working directory "
            + "there is no \(place), where it is looked for first"
        return (other, Diagnostic(position: url.position, message: message, isGeneral: false))
    }

    private func required(_ value: Located<String>?, _ key: String, _ from: From) throws -> Located<String> {
        guard let value, !value.value.isEmpty else {
            let other = key == "tag" ? from.url : from.tag
            throw Failure(
                "\(value?.position ?? from.position): from of layer \(name) has no \(key)",
                help: other.map { _ in
                    key == "tag"
                        ? "type: built names a layer by tag, not by url: {type: built, tag: NAME}"
                        : "only type: built has a tag: what else there is to build on is named by url"
                })
        }
        return value
    }

    private func dockerBase(_ url: Located<String>, _ from: From, _ directory: FilePath) throws -> Base {
        if url.value.hasPrefix("oci:") {
            return try ociBase(Located(String(url.value.dropFirst(4)), at: url.position), directory)
        }
        let reference = url.value.dropFirst("docker://".count)
        guard url.value.hasPrefix("docker://"), !reference.isEmpty else {
            throw Failure(
                "\(url.position): url of layer \(name) is not a docker URL: \(quoted(WebAddress.withoutCredentials(url.value)))",
                help: "write docker://registry/name:tag, docker://name:tag or oci:directory:tag")
        }
        return .docker(
            try attempt("\(url.position): couldn't understand url of layer \(name)") {
                try ImageReference(String(reference))
            }, insecure: from.isInsecure)
    }

    /// `directory:tag`; the first ":" divides, since a tag may hold more.
    private func ociBase(_ url: Located<String>, _ directory: FilePath) throws -> Base {
        let parts = url.value.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw Failure(
                "\(url.position): url of layer \(name) is not directory:tag: \(quoted(url.value))",
                help: "name an image in an OCI layout: url: path/to/layout:tag")
        }
        let layout = directory.pushing(FilePath(String(parts[0]))).lexicallyNormalized()
        return .oci(layout: layout, tag: String(parts[1]))
    }
}

extension Import.Source {
    /// Reads a path, an http(s) URL, `stacker://layer/path`, or a file in an image.
    ///
    /// - Parameters:
    ///   - directory: what a path is relative to.
    ///   - what: how a message names the text.
    package init(_ text: Located<String>, relativeTo directory: FilePath, _ what: String) throws {
        guard !text.value.isEmpty else { throw Failure("\(text.position): \(what) is empty") }
        if isHTTP(text.value) {
            self = .http(try attempt("\(text.position): couldn't understand \(what)") { try WebAddress(text.value) })
        } else if text.value.hasPrefix("stacker://") {
            let rest = text.value.dropFirst("stacker://".count)
            let layer = rest.prefix { $0 != "/" }
            let path = FilePath("/").pushing(FilePath(String(rest.dropFirst(layer.count).drop { $0 == "/" })))
            guard !layer.isEmpty else {
                throw Failure(
                    "\(text.position): \(what) names no layer: \(quoted(text.value))",
                    help: "write stacker://layer/path")
            }
            self = .layer(name: String(layer), path: path.lexicallyNormalized())
        } else if ImageSource.isMeant(by: text.value) {
            let (image, path) = try attempt("\(text.position): couldn't understand \(what)") {
                try ImageSource.parse(text.value, relativeTo: directory)
            }
            self = .image(image, path: path)
        } else if let scheme = text.value.firstRange(of: "://"), !text.value[..<scheme.lowerBound].contains("/") {
            throw Failure(
                "\(text.position): \(what) has a scheme that stacker doesn't know: \(quoted(text.value))",
                help: "it is a path, an http:// or https:// URL, stacker://layer/path, or a file in an image: "
                    + "docker://registry/name:tag//path or oci:directory:tag//path")
        } else {
            self = .local(directory.pushing(FilePath(text.value)).lexicallyNormalized())
        }
    }
}
