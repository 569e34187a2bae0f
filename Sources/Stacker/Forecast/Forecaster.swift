import OCI
import Recipes
import Registry
import Synchronization

/// Finds out what a build of recipes would find, without building a layer, and without fetching any: of what a shared cache
/// has, no more is asked than the manifests of entries.
struct Forecaster: Sendable {
    let lookup: CacheLookup
    let shared: SharedCache
    /// Whether what is here counts.
    var looksHere = true

    private var context: BuildContext { lookup.context }

    /// - Parameters:
    ///   - lost: layers that a cache seemed to have, and that could not be taken.
    ///   - writers: for each layer the earlier ones whose scripts can write to what it is built of, since they bind it.
    func forecast(
        _ recipes: RecipeSet, besides lost: Set<String> = [], filledBy writers: [String: [String]] = [:]
    ) throws -> Forecast {
        let layers = recipes.layers
        let buildOnly = Set(layers.map(\.definition).filter(\.isBuildOnly).map(\.name))
        let known = Mutex<[String: Forecast.State]>([:])
        // Those of a rank need nothing of each other: a cache is asked for several at a time.
        for ready in Self.ranks(of: layers, writers) {
            try Workers.forEach(ready) { layer, checkpoint in
                try checkpoint()
                let states = known.withLock { $0 }
                let name = layer.definition.name
                let state =
                    try Self.change(of: writers[name] ?? [], states)
                    ?? state(of: layer, buildOnly, states, isLost: lost.contains(name))
                known.withLock { $0[layer.definition.name] = state }
            }
        }
        return Forecast(recipes, known.withLock { $0 }, filledBy: writers)
    }

    private static func change(of earlier: [String], _ states: [String: Forecast.State]) -> Forecast.State? {
        for name in earlier {
            if case .missing = states[name] {
                return .missing("\(name), which must be built before it, may change files that it takes")
            }
        }
        return nil
    }

    /// The layers, each in a rank behind those that it needs.
    private static func ranks(
        of layers: [RecipeSet.Layer], _ writers: [String: [String]]
    ) -> [[RecipeSet.Layer]] {
        var numbers: [String: Int] = [:]
        var ranks: [[RecipeSet.Layer]] = []
        for layer in layers {
            let earlier = layer.definition.dependencies.map(\.layer) + (writers[layer.definition.name] ?? [])
            let rank = earlier.compactMap { numbers[$0] }.max().map { $0 + 1 } ?? 0
            numbers[layer.definition.name] = rank
            if rank == ranks.count { ranks.append([]) }
            ranks[rank].append(layer)
        }
        return ranks
    }

    private func state(
        of layer: RecipeSet.Layer, _ buildOnly: Set<String>, _ states: [String: Forecast.State], isLost: Bool
    ) throws -> Forecast.State {
        let needs = layer.definition.dependencies.map(\.layer)
        for name in needs {
            if case .missing = states[name] { return .missing("\(name), which it needs, must be built") }
        }
        let isHere = { (name: String) in if case .here = states[name] { true } else { false } }
        var reason: String?
        if looksHere, needs.allSatisfy(isHere), context.cache[layer.definition.name] != nil {
            let inputs = try lookup.inputs(layer, mayUnpack: false)
            switch try lookup.decide(layer, inputs) {
            case .hit:
                shared.keys.note(layer, inputs)
                return .here
            case .lacking(let types, _):
                reason = "it has no \(types.map(\.rawValue).joined(separator: ", ")) image yet"
            case .miss(let why): reason = why.map(Self.withoutCacheMiss)
            }
        }
        if let against = shared.keys.reasonAgainst(layer.definition) {
            return .missing(reason ?? "no cache has it, since \(against)")
        }
        let inputs = try lookup.inputs(
            layer,
            knowing: { [context] name in
                try isHere(name) ? context.cache[name]?.identity : shared.keys.identity(of: name)
            }, isBuildOnly: buildOnly.contains)
        guard let inputs else { return .missing(reason ?? "what it is built of is not known") }
        shared.keys.note(layer, inputs)
        if !isLost, let entry = try shared.find(layer.definition.name) { return .shared(entry, inputs) }
        return .missing(reason ?? absence(of: layer.definition.name))
    }

    private func absence(of layer: String) -> String {
        if !shared.isUsed { return "it was never built here" }
        return shared.isDoubtful(layer)
            ? "a cache could not be asked for it, or has what can't be used" : "no cache has it"
    }

    /// The reason alone: that it is one goes without saying here.
    private static func withoutCacheMiss(_ words: String) -> String {
        let prefix = "cache miss because "
        return words.hasPrefix(prefix) ? String(words.dropFirst(prefix.count)) : words
    }
}
