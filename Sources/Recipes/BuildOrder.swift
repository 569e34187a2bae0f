import Failure

/// A layer that another one needs.
package struct LayerDependency: Sendable, Equatable {
    /// The layer's name.
    package let layer: String
    /// How the need is written: `stacker://layer/path` or `base layer NAME`.
    let text: String
}

extension LayerDefinition {
    /// The layers that this one needs: those that it imports from, in file order, then its base.
    package var dependencies: [LayerDependency] {
        var result = imports.compactMap { entry -> LayerDependency? in
            guard case .layer(let name, _) = entry.source else { return nil }
            return LayerDependency(layer: name, text: entry.path)
        }
        switch from?.kind {
        case .built:
            if let tag = from?.tag?.value, !tag.isEmpty {
                result.append(LayerDependency(layer: name(of: tag), text: "base layer \(tag)"))
            }
        case .tar:
            if let url = from?.url, case .layer(let name, _)? = try? Import.Source(url, relativeTo: "/", "url") {
                result.append(LayerDependency(layer: self.name(of: name), text: url.value))
            }
        case .docker, .oci, .scratch, nil: break
        }
        return result
    }
}

/// The order in which layers are built.
enum BuildOrder {
    /// What of `layers` needs a layer that is neither among them nor known; one message for each such layer.
    ///
    /// - Parameters:
    ///   - isKnown: whether there is a layer of that name elsewhere.
    ///   - known: all of those, to find out which is meant.
    static func missing(
        in layers: [LayerDefinition], isKnown: (String) -> Bool, known: () -> Set<String>
    ) -> [String] {
        let names = Set(layers.map(\.name))
        return layers.compactMap { layer in
            let missing = layer.dependencies.filter { !names.contains($0.layer) && !isKnown($0.layer) }
            if missing.isEmpty { return nil }
            // It can't be the layer itself that is meant.
            let others = names.union(known()).subtracting([layer.name]).sorted()
            let list = missing.map { dependency in
                guard let near = nearest(to: dependency.layer, in: others) else { return dependency.text }
                return "\(dependency.text) (is \(near) meant?)"
            }
            return "\(layer.position): couldn't find dependencies for \(layer.name): \(list.joined(separator: ", "))"
        }
    }

    /// `layers` of one file, each after what it needs of them, else in file order.
    ///
    /// - Throws: `Failure` that names a cycle in full.
    static func sort(_ layers: [LayerDefinition]) throws -> [LayerDefinition] {
        let indices = Dictionary(layers.enumerated().map { ($1.name, $0) }) { first, _ in first }
        let graph = DependencyGraph(needs: layers.map { $0.dependencies.compactMap { indices[$0.layer] } })
        do {
            return try graph.orderInPasses().map { layers[$0] }
        } catch {
            let names = error.path.map { layers[$0].name }.joined(separator: " -> ")
            throw Failure(
                couldNotResolve,
                because: Failure("\(layers[error.path[0]].position): cycle of layers: \(names)"))
        }
    }

    /// What scripts look for when layers cannot be put in order.
    static let couldNotResolve = "couldn't resolve some dependencies"
}
