/// What things need of each other, by their places: each thing comes after those that it needs.
struct Needs {
    /// For each thing the places of those that it needs, in this order, all of which are before its own.
    let direct: [[Int]]

    /// The same without what another need needs already, by whatever way: what is left says all.
    var reduced: [[Int]] {
        let width = (direct.count + 63) / 64
        // For each thing, a bit for each thing that comes before it.
        var earlier: [[UInt64]] = []
        return direct.map { needs in
            var beyond = [UInt64](repeating: 0, count: width)
            for need in needs { for word in 0..<width { beyond[word] |= earlier[need][word] } }
            var all = beyond
            for need in needs { all[need / 64] |= 1 << (need % 64) }
            earlier.append(all)
            return needs.filter { beyond[$0 / 64] & (1 << ($0 % 64)) == 0 }
        }
    }
}

extension Plan {
    /// The layers' needs, by their places in ``layers``. What the plan lacks is left out.
    var layerNeeds: Needs {
        var places: [String: Int] = [:]
        var needs: [[Int]] = []
        for layer in layers {
            needs.append(Set(layer.needs.compactMap { places[$0] }).sorted())
            places[layer.name] = needs.count - 1
        }
        return Needs(direct: needs)
    }
}
