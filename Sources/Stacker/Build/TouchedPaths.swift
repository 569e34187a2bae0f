import FileTree
import Recipes
import SystemPackage

/// What of this machine a layer looks at, and what its scripts may change.
struct TouchedPaths: Sendable {
    /// What is copied from, and built on.
    private var read: [FilePath] = []
    /// What scripts see as it is, and can write to.
    private var bound: [FilePath] = []
    /// Whether nothing may come before or after it in another order than that of the recipe.
    private var isBarrier: Bool

    /// - Parameter own: stacker's own directories, in which every layer writes: who looks there sees the order.
    init(of layer: RecipeSet.Layer, own: [FilePath]) {
        isBarrier = layer.definition.isSerial
        for bind in layer.definition.binds {
            if case .host(let path) = bind.source { bound += path.places }
        }
        for entry in layer.definition.imports {
            switch entry.source {
            case .local(let path): read += path.places
            case .image(.oci(let layout, _), _): read += layout.places
            case .image, .layer, .http: break
            }
        }
        for entry in layer.definition.overlayDirectories { read += entry.source.places }
        switch layer.base {
        case .oci(let layout, _): read += layout.places
        case .tar(.local(let path)): read += path.places
        case .tar, .docker, .built, .scratch: break
        }
        let places = own.flatMap(\.places)
        if (read + bound).contains(where: { path in places.contains { path.starts(with: $0) } }) { isBarrier = true }
    }

    /// Whether its scripts can write to what another layer is built of.
    func fills(_ other: TouchedPaths) -> Bool { bound.meet(other.read) }

    /// Whether it shows which of two layers is built first: one can write what the other one sees.
    func keepsOrder(with other: TouchedPaths) -> Bool {
        isBarrier || other.isBarrier || bound.meet(other.read) || bound.meet(other.bound) || read.meet(other.bound)
    }
}

extension [FilePath] {
    /// Whether one of these lies at, under or above one of those.
    fileprivate func meet(_ others: [FilePath]) -> Bool {
        contains { path in others.contains { path.starts(with: $0) || $0.starts(with: path) } }
    }
}

extension FilePath {
    /// Where an absolute path leads, as far as it is there; and where it is itself, if that is a symlink: both may be what
    /// somebody else changes.
    fileprivate var places: [FilePath] {
        let normal = lexicallyNormalized()
        let parent = normal.removingLastComponent()
        guard parent != normal, let name = normal.lastComponent else { return [normal] }
        return Array(Set([normal, parent.resolvedAsFarAsThere.appending(name), normal.resolvedAsFarAsThere]))
    }

    /// The path without symlinks, but for what of it is not there.
    private var resolvedAsFarAsThere: FilePath {
        var (there, rest) = (self, [FilePath.Component]())
        while true {
            if let resolved = try? there.resolved() {
                return rest.reversed().reduce(resolved) { $0.appending($1) }
            }
            guard let name = there.lastComponent, there.removeLastComponent() else { return self }
            rest.append(name)
        }
    }
}
