import Failure

/// What can be wrong with an image that is too much to be accounted for.
enum SizesFailure {
    static func tooMany() -> Failure {
        Failure(
            "it has more than \(ShippedTree.Limit.names) names, or \(ShippedTree.Limit.bytes >> 20) MiB of them",
            help: "images have some hundred thousand names at most: look at what makes so many")
    }
}
