import RecipeText
import Recipes

/// Which lines of a file belong to which layer and which key.
struct LintedLines {
    /// For each line with a layer's name or a key of one, the lines that belong to it.
    private(set) var extents: [Int: Range<Int>] = [:]

    init() {}

    init(_ recipe: Recipe, _ text: String) {
        let count = text.count { $0 == "\n" || $0 == "\r\n" } + 2
        let layers = recipe.layers.sorted { $0.position.line < $1.position.line }
        for (index, layer) in layers.enumerated() {
            let end = index + 1 < layers.count ? layers[index + 1].position.line : count
            extents[layer.position.line] = layer.position.line..<max(end, layer.position.line + 1)
            let keys = layer.positions.values.map(\.line).sorted() + [end]
            for (key, next) in zip(keys, keys.dropFirst()) where extents[key] == nil {
                extents[key] = key..<max(next, key + 1)
            }
        }
    }
}

/// The comments that switch rules off: `# stacker-lint: disable=RULE,RULE`, behind what they are about or above it. Above
/// or behind a layer's name or a key, they are about all that belongs to it.
struct LintComments {
    /// Names that are no rule's, each with its line.
    private(set) var unknown: [(line: Int, name: String)] = []
    /// Ranges of lines, by where they begin, none of which touches another.
    private var disabled: [LintRule: [Range<Int>]] = [:]

    private static let mark = "stacker-lint:"

    init(of text: String, _ lines: LintedLines) {
        var waiting: [LintRule] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let number = index + 1
            let body = line.drop { $0 == " " || $0 == "\t" }
            let rules = rules(in: line, number)
            if body.isEmpty || body.hasPrefix("#") {
                waiting += rules
                continue
            }
            for rule in waiting + rules {
                disabled[rule, default: []].append(lines.extents[number] ?? number..<number + 1)
            }
            waiting = []
        }
        disabled = disabled.mapValues(Self.merge)
    }

    /// Whether a comment switches off what found this.
    func disable(_ finding: LintFinding) -> Bool {
        guard let ranges = disabled[finding.rule] else { return false }
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound <= finding.line { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].contains(finding.line)
    }

    private static func merge(_ ranges: [Range<Int>]) -> [Range<Int>] {
        ranges.sorted { $0.lowerBound < $1.lowerBound }.reduce(into: []) { merged, range in
            guard let last = merged.last, range.lowerBound <= last.upperBound else { return merged.append(range) }
            merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
        }
    }

    private mutating func rules(in line: Substring, _ number: Int) -> [LintRule] {
        guard let mark = line.firstRange(of: Self.mark), line[..<mark.lowerBound].contains("#") else { return [] }
        let order = line[mark.upperBound...].drop { $0 == " " }
        guard order.hasPrefix("disable=") else { return [] }
        // Behind a blank is why.
        let names = order.dropFirst("disable=".count).prefix { $0 != " " }.split(separator: ",")
        return names.compactMap { name in
            if let rule = LintRule(rawValue: String(name)) { return rule }
            unknown.append((number, String(name)))
            return nil
        }
    }
}
