/// Which layers of a build come after which.
struct LayerNeeds: Sendable {
    /// The layers, in build order.
    let names: [String]
    /// For each the places of those that it comes after, all of which stand before it.
    let needs: [[Int]]
}
