import Failure
import Progress

/// A plan for people: each recipe with its layers, where they are, and what is to be done.
struct PlanText {
    let plan: Plan

    /// The lines.
    var text: String {
        let needs = plan.layerNeeds.reduced
        let layers = plan.layers
        let width = min(40, layers.map { shown($0.name).count }.max() ?? 0)
        var lines: [String] = []
        var place = 0
        for recipe in plan.recipes {
            let after = recipe.requires.map { shown($0) }.joined(separator: ", ")
            lines.append(shown(recipe.file) + (after.isEmpty ? "" : ", after \(after)"))
            for layer in recipe.layers {
                lines.append(line(layer, needs: needs[place].map { layers[$0].name }, width: width))
                place += 1
            }
        }
        if !lines.isEmpty { lines.append("") }
        return (lines + summary(layers)).map { $0 + "\n" }.joined()
    }

    private func line(_ layer: PlannedLayer, needs: [String], width: Int) -> String {
        let name = shown(layer.name)
        var words: [String] = []
        if case .shared(let cache) = layer.state { words.append(shown(cache)) }
        if let reason = layer.reason { words.append(shown(reason, limit: 500)) }
        if layer.isBuildOnly { words.append("build_only") }
        if !needs.isEmpty { words.append("needs " + needs.map { shown($0) }.joined(separator: ", ")) }
        let time = layer.state == .missing ? layer.seconds.map(Self.inWords) ?? "?" : ""
        let columns = [Self.padded(name, width), Self.padded(layer.state.word, 6), Self.padded(time, 7)]
        let line = "  " + (columns + [words.joined(separator: "; ")]).joined(separator: "  ")
        return String(line.reversed().drop { $0 == " " }.reversed())
    }

    private func summary(_ layers: [PlannedLayer]) -> [String] {
        let missing = layers.count { $0.state == .missing }
        let here = layers.count { $0.state == .here }
        let jobs = plan.jobs.count
        var lines = [
            "\(missing) of \(layers.count) \(Self.several(layers.count, "layer")) must be built, in \(jobs) "
                + "\(Self.several(jobs, "job")); \(here) here, \(layers.count - missing - here) in a cache"
        ]
        let estimate = Estimate(plan)
        guard estimate.isKnown else { return lines }
        let machines = estimate.machines
        let unknown = estimate.unknown == 0 ? "" : ", without \(estimate.unknown) that no time is known of"
        lines.append("as last time: \(Self.inWords(estimate.work)) one after the other\(unknown)")
        if machines.count > 1 {
            lines.append(
                "with \(machines.count) machines: \(Self.inWords(machines.seconds)); more would gain nothing")
        }
        let path = estimate.criticalPath
        let chain = path.map { "\(shown(layers[$0].name)) \(layers[$0].seconds.map(Self.inWords) ?? "?")" }
        lines.append(
            "critical path: \(Self.inWords(estimate.shortest)): \(Self.shortened(chain).joined(separator: " -> "))")
        return lines
    }

    /// Of a long chain the beginning and the end.
    private static func shortened(_ chain: [String]) -> [String] {
        chain.count <= 8 ? chain : chain.prefix(4) + ["\(chain.count - 7) more"] + chain.suffix(3)
    }

    static func inWords(_ seconds: Double) -> String {
        let tenths = (min(max(0, seconds), 1e9) * 10).rounded(.up)
        // Of short times sums would look wrong otherwise.
        if tenths < 100, tenths.truncatingRemainder(dividingBy: 10) != 0 { return "\(tenths / 10) s" }
        return Progress.inWords(seconds: Int64((tenths / 10).rounded(.up)))
    }

    private static func several(_ count: Int, _ what: String) -> String { count == 1 ? what : what + "s" }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

extension PlannedLayer.State {
    /// One word for people.
    var word: String {
        switch self {
        case .here: "here"
        case .shared: "cached"
        case .missing: "build"
        }
    }
}
