import Failure

/// A plan as a picture that Graphviz draws: recipes as boxes with their layers in them, coloured by where they are, and the
/// critical path in red.
struct PlanDrawing {
    let plan: Plan

    /// The graph.
    var text: String {
        let layers = plan.layers
        let estimate = Estimate(plan)
        let path = estimate.isKnown ? estimate.criticalPath : []
        var lines = [
            "digraph plan {",
            "  graph [rankdir=LR, fontname=\"Helvetica\", fontsize=12, nodesep=0.15, ranksep=0.6]",
            "  node [shape=box, style=\"filled,rounded\", fontname=\"Helvetica\", fontsize=11, color=\"#888888\"]",
            "  edge [color=\"#888888\", arrowsize=0.7]",
        ]
        var place = 0
        for (number, recipe) in plan.recipes.enumerated() {
            lines.append("  subgraph cluster_\(number + 1) {")
            lines.append("    label=\(Self.quoted(recipe.file)); style=rounded; color=\"#bbbbbb\"")
            for layer in recipe.layers {
                lines.append("    " + node(layer, at: place, isCritical: path.contains(place)))
                place += 1
            }
            lines.append("  }")
        }
        let steps = Set(zip(path, path.dropFirst()).map { [$0, $1] })
        for (layer, needs) in plan.layerNeeds.reduced.enumerated() where layers.indices.contains(layer) {
            for need in needs {
                let style = steps.contains([need, layer]) ? " [color=\"\(Self.critical)\", penwidth=2]" : ""
                lines.append("  n\(need + 1) -> n\(layer + 1)\(style)")
            }
        }
        return (lines + ["}"]).map { $0 + "\n" }.joined()
    }

    private func node(_ layer: PlannedLayer, at place: Int, isCritical: Bool) -> String {
        let state = layer.state == .missing ? layer.seconds.map(PlanText.inWords) ?? "build" : layer.state.word
        var attributes = [
            "label=\(Self.quoted("\(layer.name)\n\(state)"))", "fillcolor=\"\(layer.state.colour)\"",
            "tooltip=\(Self.quoted(layer.reason ?? layer.state.word))",
        ]
        if layer.isBuildOnly { attributes.append("style=\"filled,rounded,dashed\"") }
        if isCritical { attributes.append("color=\"\(Self.critical)\", penwidth=2") }
        return "n\(place + 1) [\(attributes.joined(separator: ", "))]"
    }

    private static let critical = "#cc3311"

    /// A text as Graphviz shows it as it is: it takes backslashes for escapes, and "&" for the beginning of an entity.
    private static func quoted(_ text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            shown(line, limit: 500).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing(
                "&", with: "&amp;")
        }
        return "\"\(lines.joined(separator: "\\n"))\""
    }
}

extension PlannedLayer.State {
    /// How it is filled.
    fileprivate var colour: String {
        switch self {
        case .here: "#d7ecd3"
        case .shared: "#d4e6f7"
        case .missing: "#fde3b4"
        }
    }
}
