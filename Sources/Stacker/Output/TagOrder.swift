import Layers
import OCI
import Recipes
import Synchronization

/// Sees that tags come into the index in the order of the recipe, in whatever order layers are finished: those of a layer
/// wait until all before it have come to an end. One tag of several platforms comes when its last image is there.
///
/// What a build that fails leaves waiting is not lost: the cache knows the layer, and the next build that finds it there
/// tags it.
final class TagOrder: Sendable {
    private let layers: [String]
    private let numbers: [String: Int]
    private let state: Mutex<State>

    private typealias Images = [LayerType: Descriptor]

    private struct State {
        /// The layer whose turn it is.
        var next = 0
        var ended: Set<Int> = []
        var waiting: [Int: [(images: Images, types: [LayerType])]] = [:]
        /// The images of each tag.
        var tagged: [String: PlatformImages] = [:]
        /// What layers are tagged.
        var tags: [String: String] = [:]

        /// Points a tag at an image, or at those of several platforms if this is the last one.
        mutating func tag(_ images: Images, of layer: String, _ types: [LayerType], by writer: LayoutWriter) throws {
            let tag = tags[layer] ?? layer
            tagged[tag]?.images[layer] = images
            let whole = try tagged[tag]?.whole(types, by: writer) ?? images
            try writer.setEntries(types.compactMap { type in whole[type].map { (type.tag(for: tag), $0) } })
        }
    }

    /// - Parameter layers: the layers, in the order of the recipe.
    init(of layers: [LayerDefinition]) {
        self.layers = layers.map(\.name)
        numbers = Dictionary(zip(self.layers, layers.indices)) { first, _ in first }
        var state = State()
        for layer in layers {
            state.tags[layer.name] = layer.tag
            state.tagged[layer.tag, default: PlatformImages()].layers.append(layer.name)
        }
        self.state = Mutex(state)
    }

    /// Points the tags of a layer at its images, as soon as it is its turn; new ones come in the order of these types.
    func tag(_ images: [LayerType: Descriptor], of layer: String, _ types: [LayerType], by writer: LayoutWriter) throws
    {
        try state.withLock { state in
            guard let number = numbers[layer], number > state.next else {
                return try state.tag(images, of: layer, types, by: writer)
            }
            state.waiting[number, default: []].append((images, types))
        }
    }

    /// Takes note that a layer has come to an end, however, and gives those their tags that have waited for it.
    ///
    /// - Parameter writer: is asked for only if there are any.
    func end(_ layer: String, by writer: () throws -> LayoutWriter) throws {
        guard let number = numbers[layer] else { return }
        try state.withLock { state in
            state.ended.insert(number)
            while state.ended.remove(state.next) != nil {
                state.next += 1
                for entry in state.waiting.removeValue(forKey: state.next) ?? [] {
                    try state.tag(entry.images, of: layers[state.next], entry.types, by: writer())
                }
            }
        }
    }
}
