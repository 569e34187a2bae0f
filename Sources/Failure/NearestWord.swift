/// The word of `known` that `word` was probably meant to be; `nil` if nothing comes near.
package func nearest(to word: String, in known: some Sequence<String>) -> String? {
    // A long word cannot be near to a known one, and the comparison takes the product of the lengths.
    guard word.utf8.count <= 64 else { return nil }
    let letters = Array(word.lowercased().unicodeScalars)
    var best: (word: String, distance: Int)?
    for candidate in known {
        let distance = editDistance(letters, Array(candidate.lowercased().unicodeScalars))
        if distance <= max(1, candidate.count * 2 / 5), distance < best?.distance ?? .max {
            best = (candidate, distance)
        }
    }
    return best?.word
}

/// How many letters must be added, dropped, changed or swapped with their neighbour to make `right` of `left`.
private func editDistance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
    var beforePrevious: [Int] = []
    var previous = Array(0...right.count)
    for i in 1...left.count {
        var row = [i]
        for j in 1...right.count {
            let changed = previous[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1)
            var cost = min(previous[j] + 1, row[j - 1] + 1, changed)
            if i > 1, j > 1, left[i - 1] == right[j - 2], left[i - 2] == right[j - 1] {
                cost = min(cost, beforePrevious[j - 2] + 1)
            }
            row.append(cost)
        }
        (beforePrevious, previous) = (previous, row)
    }
    return previous[right.count]
}
